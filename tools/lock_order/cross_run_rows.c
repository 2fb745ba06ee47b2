/*
 * Part of the room `model`: the orders of locks that several processes can close a circle of.
 *
 * Hundreds of tests of one suite show much the same, and a program may have a million locks
 * that were born at one place. So locks of a process are first taken together by what its rows
 * say of them (given name, birthplace, place in an object), without asking for any name; and a
 * process that shows the same orders at the same places as one before it adds nothing. Only
 * what is left is named.
 *
 * - Which of several rows stands for an order does not depend on which came first: waits for
 *   writing before those for reading, then the one with the fewest locks in hand, then by place.
 * - A process with a lock in shared memory is never left out: two that do the same can meet.
 */
#include "tools/lock_order/cross_run.h"
#include "tools/util/arena.h"
#include "libcheck/base/hash.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

typedef uint64_t hash; /* what a row says, without numbers that change from run to run */

struct range {
	uint64_t start, end, base;
	hash path;
	bool gone;
};

/* A lock and all that are like it; `lock` is the one of the lowest row. */
struct lock_group {
	hash key;
	lh_lock_id lock;
	UT_hash_handle hh;
};

struct run_edge {
	struct {
		hash held, wanted;
	} key;
	struct lh_report_order order; /* places are counted; held and wanted are not yet named */
	hash rank;
	UT_hash_handle hh;
};

struct lh_cross_run_process {
	struct lh_report_process *process;
	struct range *module; /* by row */
	hash *stack, *lock;   /* by row; 0: not asked for yet */
	struct lock_group *groups;
	struct run_edge *edges;
	hash digest; /* all of its arrows */
	bool shared;
};

static hash mix_text(hash h, const char *text)
{
	while (*text)
		h = lh_hash_mix(h, (unsigned char)*text++);
	return h;
}

/* ---- what rows say ---- */

static void read_modules(struct lh_arena *arena, struct lh_cross_run_process *a)
{
	const struct lh_ledger_view *r = a->process->ledger;
	uint32_t n = lh_read_used(r, LH_T_MODULE);
	struct lh_module m;

	a->module = lh_arena_alloc(arena, (n + 1) * sizeof(*a->module));
	for (uint32_t i = 1; i < n; i++) {
		if (!lh_read_module(r, i, &m))
			continue;
		a->module[i] = (struct range){m.start, m.end, m.base,
					      mix_text(mix_text(1, m.path), ":"), m.gone};
		if (m.flags & LH_MODULE_SCRIPT) /* the function stands behind the path */
			a->module[i] = (struct range){
				.path = mix_text(a->module[i].path,
						 strlen(m.path) + 1 < sizeof(m.path)
							 ? m.path + strlen(m.path) + 1
							 : "")};
	}
}

static hash hash_of_stack(struct lh_cross_run_process *a, lh_stack_id id)
{
	const struct lh_ledger_view *r = a->process->ledger;
	uint32_t modules = lh_read_used(r, LH_T_MODULE), n;
	uint64_t frame[LH_FRAMES_MAX];
	hash h = 2;

	if (!id || id >= lh_read_used(r, LH_T_STACK))
		return 0;
	if (a->stack[id])
		return a->stack[id];
	n = lh_read_frames(r, id, frame);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t module = LH_FRAME_MODULE(frame[i]);
		struct range none = {0}, *m = module < modules ? &a->module[module] : &none;

		h = lh_hash_mix(lh_hash_mix(h, m->path), LH_FRAME_PC(frame[i]) - m->base);
	}
	return a->stack[id] = h ? h : 1;
}

static hash hash_of_data(const struct lh_cross_run_process *a, uint64_t address)
{
	uint32_t n = lh_read_used(a->process->ledger, LH_T_MODULE);
	const struct range *best = NULL;

	for (uint32_t i = 1; i < n; i++) {
		const struct range *m = &a->module[i];

		if (address >= m->start && address < m->end && (!best || !m->gone || best->gone))
			best = m;
	}
	return best ? lh_hash_mix(best->path, address - best->base) : 0;
}

static hash hash_of_lock_row(struct lh_cross_run_process *a, const struct lh_lock *l)
{
	hash h = lh_hash_mix(3, l->kind), born = hash_of_stack(a, l->init_stack);
	hash data = hash_of_data(a, lh_lock_address(l));

	a->shared |= l->flags & LH_LOCK_PSHARED;
	if (l->flags & LH_LOCK_NAMED) {
		struct lh_lock_stats stats;
		lh_read_lock_stats(a->process->ledger, l, &stats);
		h = mix_text(h, stats.name);
	}
	h = lh_hash_mix(lh_hash_mix(h, born), data);
	return born || data ? h : lh_hash_mix(h, hash_of_stack(a, l->first_stack));
}

/* 0: no such lock, or the life of a thread, which is a lock to the judge alone. */
static hash hash_of_lock(struct lh_cross_run_process *a, lh_lock_id id)
{
	const struct lh_ledger_view *r = a->process->ledger;
	uint32_t row = LH_LOCK_ROW(id);
	struct lock_group *lock_group;
	struct lh_lock l;
	hash key;

	if (row >= lh_read_used(r, LH_T_LOCK) || !lh_read_lock(r, id, &l) ||
	    l.kind == LH_THREAD_END)
		return 0;
	if (a->lock[row])
		return a->lock[row];
	key = hash_of_lock_row(a, &l);
	a->lock[row] = key = key ? key : 1;
	HASH_FIND(hh, a->groups, &key, sizeof(key), lock_group);
	if (!lock_group) {
		lock_group = calloc(1, sizeof(*lock_group));
		if (!lock_group)
			return key;
		lock_group->key = key;
		lock_group->lock = id;
		HASH_ADD(hh, a->groups, key, sizeof(lock_group->key), lock_group);
	}
	if (row < LH_LOCK_ROW(lock_group->lock))
		lock_group->lock = id;
	return key;
}

/* ---- arrows ---- */

/* The smaller, the better it stands for its order. `in_hand`: all locks of the chain. */
static hash rank_of(struct lh_cross_run_process *a, const struct lh_chain *held,
		    const struct lh_chain *wanted, hash in_hand)
{
	hash shared =
		(LH_SITE_MODE(held->site) == LH_SHARED) + (LH_SITE_MODE(wanted->site) == LH_SHARED);
	hash place = lh_hash_mix(hash_of_stack(a, LH_SITE_STACK(wanted->site)),
				 hash_of_stack(a, LH_SITE_STACK(held->site)));

	return shared << 62 | (hash)(wanted->depth & 0xff) << 54 |
	       lh_hash_mix(place, in_hand) >> 10;
}

static struct run_edge *edge_of(struct lh_cross_run_process *a, hash held, hash wanted)
{
	struct run_edge *run_edge, ask = {.key = {held, wanted}};

	HASH_FIND(hh, a->edges, &ask.key, sizeof(ask.key), run_edge);
	if (run_edge)
		return run_edge;
	run_edge = calloc(1, sizeof(*run_edge));
	if (!run_edge)
		return NULL;
	run_edge->key = ask.key;
	run_edge->rank = UINT64_MAX;
	HASH_ADD(hh, a->edges, key, sizeof(run_edge->key), run_edge);
	return run_edge;
}

/* Locks that are one in several processes for sure: judged as such (cross_process.h), not by
 * likeness. */
static bool is_placed(const struct lh_ledger_view *r, lh_lock_id id)
{
	struct lh_lock_location place;
	struct lh_lock l;

	return lh_read_lock(r, id, &l) && (l.flags & LH_LOCK_PSHARED) &&
	       lh_read_lock_location(r, LH_LOCK_ROW(id), &l, &place);
}

static void add_edge(struct lh_cross_run_process *a, lh_chain_id held_id, lh_chain_id id,
		     hash in_hand)
{
	struct lh_chain held, wanted;
	struct run_edge *run_edge;
	hash from, to, rank;

	if (!lh_read_chain_row(a->process->ledger, held_id, &held) ||
	    !lh_read_chain_row(a->process->ledger, id, &wanted))
		return;
	if (a->process->united && is_placed(a->process->ledger, held.lock) &&
	    is_placed(a->process->ledger, wanted.lock))
		return;
	from = hash_of_lock(a, held.lock);
	to = hash_of_lock(a, wanted.lock);
	if (!from || !to || from == to || !(run_edge = edge_of(a, from, to)))
		return;
	run_edge->order.sites++;
	rank = rank_of(a, &held, &wanted, in_hand);
	if (rank >= run_edge->rank)
		return;
	run_edge->rank = rank;
	run_edge->order.held_node = held_id;
	run_edge->order.chain = id;
	run_edge->order.thread = wanted.visit; /* the row that says who; see name() */
}

/* A try does not wait, and a wait with a limit ends: neither makes an order. */
static bool makes_order(const struct lh_ledger_view *r, lh_chain_id id)
{
	struct lh_chain chain;

	return lh_read_chain_row(r, id, &chain) && chain.parent &&
	       LH_SITE_HOW(chain.site) == LH_BLOCKING;
}

static void read_chain(struct lh_cross_run_process *a, lh_chain_id id)
{
	const struct lh_ledger_view *r = a->process->ledger;
	lh_chain_id chain[LH_HELD_MAX];
	uint32_t depth = lh_read_chain_path(r, id, chain, LH_HELD_MAX);
	struct lh_chain node;
	hash in_hand = 0;

	for (uint32_t k = 0; k + 1 < depth; k++)
		in_hand += lh_read_chain_row(r, chain[k], &node) ? hash_of_lock(a, node.lock) : 0;
	for (uint32_t k = 0; k + 1 < depth; k++)
		add_edge(a, chain[k], id, in_hand);
}

static void read_chains(struct lh_cross_run_process *a)
{
	const struct lh_ledger_view *r = a->process->ledger;
	uint32_t n = lh_read_used(r, LH_T_CHAIN);

	for (uint32_t i = 1; i < n; i++)
		if (makes_order(r, i))
			read_chain(a, i);
	for (struct run_edge *x = a->edges; x; x = x->hh.next) /* a sum: in any order the same */
		a->digest += lh_hash_mix(lh_hash_mix(lh_hash_mix(4, x->key.held), x->key.wanted),
					 x->rank);
}

static struct lh_cross_run_process *read_process(struct lh_arena *arena,
						 struct lh_report_process *p)
{
	struct lh_cross_run_process *a = lh_arena_alloc(arena, sizeof(*a));

	a->process = p;
	a->stack = lh_arena_alloc(arena, (lh_read_used(p->ledger, LH_T_STACK) + 1) * sizeof(hash));
	a->lock = lh_arena_alloc(arena, (lh_read_used(p->ledger, LH_T_LOCK) + 1) * sizeof(hash));
	read_modules(arena, a);
	read_chains(a);
	return a;
}

/* ---- what is left ---- */

static void forget(struct lh_cross_run_process *a)
{
	struct run_edge *x = a->edges;
	struct lock_group *l = a->groups;

	/* the tables go first: what they hold stays linked */
	HASH_CLEAR(hh, a->edges);
	HASH_CLEAR(hh, a->groups);
	for (struct run_edge *next; x; x = next) {
		next = x->hh.next;
		free(x);
	}
	for (struct lock_group *next; l; l = next) {
		next = l->hh.next;
		free(l);
	}
}

static const struct lh_report_lock *lock_of(struct lh_report *report,
					    const struct lh_cross_run_process *a, hash key)
{
	struct lock_group *lock_group;

	HASH_FIND(hh, a->groups, &key, sizeof(key), lock_group);
	return lock_group ? lh_report_get_lock(report, a->process, lock_group->lock) : NULL;
}

static int by_key(const struct run_edge *x, const struct run_edge *y)
{
	if (x->key.held != y->key.held)
		return x->key.held < y->key.held ? -1 : 1;
	return x->key.wanted < y->key.wanted ? -1 : x->key.wanted > y->key.wanted;
}

static void name(struct lh_report *report, struct lh_arena *arena, struct lh_cross_run_process *a,
		 struct lh_cross_run_orders *out)
{
	struct lh_chain_visit seen;

	HASH_SORT(a->edges, by_key);
	for (struct run_edge *x = a->edges; x; x = x->hh.next) {
		struct lh_report_order *o = lh_arena_alloc(arena, sizeof(*o));

		*o = x->order;
		o->process = a->process;
		o->held = lock_of(report, a, x->key.held);
		o->wanted = lock_of(report, a, x->key.wanted);
		o->thread =
			lh_read_visit(a->process->ledger, x->order.thread, &seen) ? seen.thread : 0;
		if (o->held && o->wanted)
			LH_PUSH(arena, out->order, out->n, o);
	}
}

static bool has_orders(const struct lh_report_process *p)
{
	uint32_t n = lh_read_used(p->ledger, LH_T_CHAIN);

	for (uint32_t i = 1; i < n; i++)
		if (makes_order(p->ledger, i))
			return true;
	return false;
}

static int by_what_it_shows(const void *x, const void *y)
{
	const struct lh_cross_run_process *a = *(struct lh_cross_run_process *const *)x,
					  *b = *(struct lh_cross_run_process *const *)y;

	if (a->digest != b->digest)
		return a->digest < b->digest ? -1 : 1;
	return strcmp(a->process->exe, b->process->exe);
}

/* Processes side by side come in another order each time. */
static int by_program(const void *x, const void *y)
{
	const struct lh_cross_run_process *a = *(struct lh_cross_run_process *const *)x,
					  *b = *(struct lh_cross_run_process *const *)y;
	int order = strcmp(a->process->exe, b->process->exe);

	return order ? order : by_what_it_shows(x, y);
}

/* Those that show something of their own, in an order that is the same each time. */
static void choose(struct lh_cross_run_orders *all)
{
	uint32_t kept = 0;

	qsort(all->process, all->processes, sizeof(*all->process), by_what_it_shows);
	for (uint32_t i = 0; i < all->processes; i++) {
		struct lh_cross_run_process *a = all->process[i];

		if (!a->edges ||
		    (kept && all->process[kept - 1]->digest == a->digest && !a->shared))
			forget(a);
		else
			all->process[kept++] = a;
	}
	all->processes = kept;
	qsort(all->process, all->processes, sizeof(*all->process), by_program);
}

struct lh_cross_run_orders lh_cross_run_collect(struct lh_report *report, struct lh_arena *arena)
{
	struct lh_report_process **with =
		lh_arena_alloc(arena, (report->processes + 1) * sizeof(*with));
	struct lh_cross_run_orders all = {0};
	uint32_t n = 0;

	for (uint32_t i = 0; i < report->processes; i++)
		if (has_orders(report->process[i]))
			with[n++] = report->process[i];
	/* What one process has shown all of is for its own judge. */
	for (uint32_t i = 0; n > 1 && i < n; i++)
		LH_PUSH(arena, all.process, all.processes, read_process(arena, with[i]));
	if (all.processes)
		choose(&all);
	for (uint32_t i = 0; all.processes > 1 && i < all.processes; i++)
		name(report, arena, all.process[i], &all);
	return all;
}

const struct lh_report_lock *lh_cross_run_lock(struct lh_report *report,
					       const struct lh_cross_run_orders *all,
					       const struct lh_report_process *p, lh_lock_id id)
{
	for (uint32_t i = 0; i < all->processes; i++)
		if (all->process[i]->process == p)
			return lock_of(report, all->process[i], hash_of_lock(all->process[i], id));
	return NULL;
}

void lh_cross_run_free(struct lh_cross_run_orders *all)
{
	for (uint32_t i = 0; i < all->processes; i++)
		forget(all->process[i]);
	*all = (struct lh_cross_run_orders){0};
}
