/*
 * Part of the room `model`: circles whose halves were seen in different processes or runs.
 *
 * One test takes a before b, another one b before a: no process has shown a circle, and the
 * code has one. Locks of different processes are taken for one when they are called the same
 * and lie at the same place of the same object, were born at the same place, or are asked for in
 * a file of the same name: so a static library in two test programs counts. That is
 * a guess about code, so what it finds are warnings.
 *
 * - What one process has seen all of is left to its own judge, who knows more; also if that
 *   judge has set it aside.
 * - Two arrows that hold a lock in common are no circle; nor is a reader behind a reader.
 */
#include "tools/lock_order/cross_run.h"
#include "tools/util/arena.h"

#include <string.h>
#include <uthash.h>

enum { RING_MAX = 8, ORDERS_MAX = 20000 };

/* Locks that are one: a forest of things, and the smallest of a tree stands for it. */
struct key {
	const char *text;
	uint32_t lock;
	UT_hash_handle hh;
};

struct run_edge {
	const struct lh_report_order *order;
	uint32_t from, to; /* things that stand for their locks */
	uint32_t next;     /* another one that begins there + 1 */
	lh_site held, site;
};

struct search {
	struct lh_report *report;
	struct lh_arena *arena;
	struct lh_cross_run_orders orders;
	const struct lh_report_lock **lock; /* by id */
	uint32_t *parent;                   /* by id */
	uint32_t locks;
	struct key *keys;
	struct run_edge *edge;
	uint32_t edges;
	uint32_t *first;      /* by thing: the first arrow that begins there + 1 */
	uint32_t *by, *queue; /* of a search: by which arrow + 1 a thing was reached */
};

/* ---- which locks are one ---- */

static uint32_t root(struct search *s, uint32_t i)
{
	while (s->parent[i] != i)
		i = s->parent[i] = s->parent[s->parent[i]];
	return i;
}

static void join(struct search *s, uint32_t a, uint32_t b)
{
	a = root(s, a);
	b = root(s, b);
	s->parent[a > b ? a : b] = a > b ? b : a;
}

/* All things with one key are one lock. A name has the offset in it, a class has not. */
static void same(struct search *s, const struct lh_report_lock *lock, const char *what,
		 const char *where)
{
	const char *text = lh_arena_printf(s->arena, "%s\n%s\n%s\n%s", lock->kind,
					   lock->named ? lock->name : lock->class, what, where);
	struct key *k;

	HASH_FIND_STR(s->keys, text, k);
	if (k) {
		join(s, k->lock, lock->id);
		return;
	}
	k = lh_arena_alloc(s->arena, sizeof(*k));
	k->text = text;
	k->lock = lock->id;
	HASH_ADD_KEYPTR(hh, s->keys, k->text, strlen(k->text), k);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void gather(struct search *s, const struct lh_report_lock *lock, lh_site site)
{
	const struct lh_report_frame *at = lh_report_best_frame(
		lh_report_get_stack(s->report, lock->process, LH_SITE_STACK(site)));
	const char *data =
		lh_report_data_place(s->report, lock->process, lh_lock_address(&lock->row));
	const struct lh_report_frame *born = lh_report_best_frame(lock->init_stack);

	s->lock[lock->id] = lock;
	if (data)
		same(s, lock, "object", data);
	if (born && born->module && !lock->named)
		same(s, lock, "born", base_name(born->module));
	if (at && at->file && !at->system)
		same(s, lock, "asked", base_name(at->file));
}

/* ---- arrows ---- */

/*
 * In a forked child, what was held at the fork was held by the parent: the child's copy is one
 * that nobody else knows, and what it asks for under it no other process meets.
 */
static bool is_inherited(const struct lh_report_order *o)
{
	const struct lh_ledger_view *r = o->process->ledger;
	struct lh_chain held;

	return (r->head.flags & LH_LEDGER_FORKED) && lh_read_chain_row(r, o->held_node, &held) &&
	       !held.visit && !(held.flags & LH_CHAIN_MANY_THREADS);
}

static void add_edges(struct search *s)
{
	const struct lh_cross_run_orders *all = &s->orders;

	for (uint32_t i = 0; i < all->n; i++) {
		gather(s, all->order[i]->held, lh_report_order_place(all->order[i], false));
		gather(s, all->order[i]->wanted, lh_report_order_place(all->order[i], true));
	}
	for (uint32_t i = 0; i < all->n; i++) {
		const struct lh_report_order *o = all->order[i];
		struct run_edge a = {.order = o,
				     .from = root(s, o->held->id),
				     .to = root(s, o->wanted->id),
				     .held = lh_report_order_place(o, false),
				     .site = lh_report_order_place(o, true)};

		if (a.from == a.to || is_inherited(o))
			continue;
		a.next = s->first[a.from];
		LH_PUSH(s->arena, s->edge, s->edges, a);
		s->first[a.from] = s->edges;
	}
}

/* ---- circles ---- */

/* Does this process show every arrow of the circle by itself? */
static bool shown_by(const struct search *s, const struct lh_report_process *p,
		     const uint32_t *cycle, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		const struct run_edge *a = &s->edge[cycle[i]];
		bool found = false;

		for (uint32_t k = s->first[a->from]; k && !found; k = s->edge[k - 1].next)
			found = s->edge[k - 1].to == a->to && s->edge[k - 1].order->process == p;
		if (!found)
			return false;
	}
	return true;
}

/* The locks that an arrow's thread holds beside the one it comes from. */
static uint32_t others(struct search *s, const struct run_edge *a, uint32_t *list)
{
	const struct lh_ledger_view *r = a->order->process->ledger;
	lh_chain_id chain[LH_HELD_MAX];
	uint32_t n = lh_read_chain_path(r, a->order->chain, chain, LH_HELD_MAX), kept = 0;
	struct lh_chain node;

	for (uint32_t i = 0; i + 1 < n; i++) {
		const struct lh_report_lock *lock;

		if (chain[i] == a->order->held_node || !lh_read_chain_row(r, chain[i], &node))
			continue;
		lock = lh_cross_run_lock(s->report, &s->orders, a->order->process, node.lock);
		if (lock && lock->id < s->locks && s->lock[lock->id])
			list[kept++] = root(s, lock->id);
	}
	return kept;
}

static bool have_gate_lock(struct search *s, const struct run_edge *a, const struct run_edge *b)
{
	uint32_t x[LH_HELD_MAX], y[LH_HELD_MAX], n = others(s, a, x), k = others(s, b, y);

	for (uint32_t i = 0; i < n; i++)
		for (uint32_t j = 0; j < k; j++)
			if (x[i] == y[j])
				return true;
	return false;
}

static bool counts(struct search *s, const uint32_t *cycle, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		const struct run_edge *a = &s->edge[cycle[i]], *b = &s->edge[cycle[(i + 1) % n]];

		if (LH_SITE_MODE(a->site) == LH_SHARED && LH_SITE_MODE(b->held) == LH_SHARED)
			return false;
		for (uint32_t k = i + 1; k < n; k++)
			if (have_gate_lock(s, a, &s->edge[cycle[k]]))
				return false;
	}
	for (uint32_t i = 0; i < s->report->processes; i++)
		if (shown_by(s, s->report->process[i], cycle, n))
			return false;
	return true;
}

static void report_cycle(struct search *s, const uint32_t *cycle, uint32_t n)
{
	const struct lh_report_order *order[RING_MAX];
	const struct lh_report_lock *lock[RING_MAX];
	const char *where = NULL;

	for (uint32_t i = 0; i < n; i++) {
		const struct lh_report_process *p = s->edge[cycle[i]].order->process;

		order[i] = s->edge[cycle[i]].order;
		lock[i] = s->lock[s->edge[cycle[i]].from];
		where = lh_arena_printf(s->arena, "%s%s%s", where ? where : "", where ? ", " : "",
					base_name(p->exe));
	}
	lh_report_add_across(s->report, order, lock, n,
			     lh_arena_printf(s->arena, " (seen in different runs: %s)", where));
}

/* The shortest way back to where the arrow begins, breadth first. */
static uint32_t find_cycle(struct search *s, uint32_t run_edge, uint32_t *ring)
{
	uint32_t goal = s->edge[run_edge].from, head = 0, tail = 0;
	uint32_t *by = s->by, *queue = s->queue;

	memset(by, 0, s->locks * sizeof(*by));
	queue[tail++] = s->edge[run_edge].to;
	by[s->edge[run_edge].to] = run_edge + 1;
	while (head < tail && !by[goal])
		for (uint32_t k = s->first[queue[head++]]; k; k = s->edge[k - 1].next)
			if (!by[s->edge[k - 1].to]) {
				by[s->edge[k - 1].to] = k;
				queue[tail++] = s->edge[k - 1].to;
			}
	for (uint32_t at = goal, n = 0; by[goal] && n < RING_MAX; n++) {
		ring[RING_MAX - 1 - n] = by[at] - 1;
		at = s->edge[by[at] - 1].from;
		if (at == goal) {
			memmove(ring, ring + RING_MAX - 1 - n, (n + 1) * sizeof(*ring));
			return n + 1;
		}
	}
	return 0;
}

/* Locks that no circle leads to: for these, mostly all, nothing is searched. */
static void set_aside(struct search *s, bool *aside)
{
	uint32_t *in = s->by, tail = 0;

	memset(in, 0, s->locks * sizeof(*in));
	for (uint32_t i = 0; i < s->edges; i++)
		in[s->edge[i].to]++;
	for (uint32_t i = 0; i < s->locks; i++)
		if (!in[i])
			s->queue[tail++] = i;
	for (uint32_t head = 0; head < tail; head++) {
		aside[s->queue[head]] = true;
		for (uint32_t k = s->first[s->queue[head]]; k; k = s->edge[k - 1].next)
			if (!--in[s->edge[k - 1].to])
				s->queue[tail++] = s->edge[k - 1].to;
	}
}

static void search_from(struct search *s)
{
	bool *aside = lh_arena_alloc(s->arena, s->locks * sizeof(*aside));
	uint32_t cycle[RING_MAX];

	set_aside(s, aside);
	for (uint32_t i = 0; i < s->edges; i++) {
		uint32_t n = aside[s->edge[i].from] ? 0 : find_cycle(s, i, cycle);
		bool smallest = n > 0;

		for (uint32_t k = 0; k < n; k++) /* each circle once: from its first arrow */
			smallest &= cycle[k] >= i;
		if (smallest && counts(s, cycle, n))
			report_cycle(s, cycle, n);
	}
}

static void search(struct search *s)
{
	s->locks = s->report->locks + 1;
	s->lock = lh_arena_alloc(s->arena, s->locks * sizeof(*s->lock));
	s->parent = lh_arena_alloc(s->arena, s->locks * sizeof(*s->parent));
	s->first = lh_arena_alloc(s->arena, s->locks * sizeof(*s->first));
	s->by = lh_arena_alloc(s->arena, s->locks * sizeof(*s->by));
	s->queue = lh_arena_alloc(s->arena, s->locks * sizeof(*s->queue));
	for (uint32_t i = 0; i < s->locks; i++)
		s->parent[i] = i;
	add_edges(s);
	search_from(s);
	HASH_CLEAR(hh, s->keys);
}

void lh_cross_run_check(struct lh_report *report)
{
	struct search s = {.report = report, .arena = lh_arena_new()};

	s.orders = lh_cross_run_collect(report, s.arena);
	if (s.orders.n > ORDERS_MAX)
		lh_report_note(
			report,
			"%u lock orders are too many: cycles across processes were not searched",
			s.orders.n);
	else if (s.orders.n)
		search(&s);
	lh_cross_run_free(&s.orders);
	lh_arena_free(s.arena);
}
