/* by_class.c — makes order-graph rows in which the wanted locks are classes, and findings from the
 * cycles. */
#include "tools/lock_order/by_class.h"
#include "libcheck/base/hash.h"

#include "tools/lock_order/lock_order_internal.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

/*
 * The rows for the order graph. Their locks are those of the ledger, row for row, followed by three
 * for each class: the class itself, and "the lower" and "the upper" of two locks that are held
 * together.
 *
 * A dependency "holds H1 to Hn, wants L" becomes n chains: the instances H1 to Hn, then the class
 * of one of them, and under that chain the class of L is wanted. A cycle can only go through
 * classes, because no chain waits for an instance; no two of its dependencies hold the same class,
 * because the cycle is minimal; so only the instances decide whether two dependencies exclude each
 * other.
 */
enum { LOWER = 1, UPPER = 2, ROWS_A_CLASS = 3, SAME_CLASS_MAX = 8 };

struct source {
	lh_chain_id chain; /* of the ledger: the chain that wants, or that was held */
	lh_lock_id lock;
};

/* Dependencies that differ only in the instances that were acquired: ALIKE_MAX of them suffice. */
struct same_class {
	uint64_t hash;
	uint32_t n;
	UT_hash_handle hh;
};

struct class_rows {
	struct lh_report *report;
	const struct lh_report_process *process;
	const struct lh_ledger_view *ledger;
	struct lh_classes *classes;
	struct lh_arena *arena;
	bool filtered;
	struct lh_lock *lock;
	struct lh_thread *thread;
	struct lh_hb_edge *hb_edge;
	struct lh_chain *chain;
	struct lh_chain_visit *visit;
	struct source *source; /* by our chain row */
	lh_chain_id *instance; /* by chain row of the ledger: its chain of instances */
	uint32_t locks, threads, hb_edges, chains, visits, sources;
	uint32_t own_locks; /* lock rows of the ledger */
	uint32_t witnesses;
	struct same_class *group;
};

/* ---- rows ---- */

static lh_chain_id add_chain_row(struct class_rows *b, lh_chain_id parent, lh_lock_id lock,
				 lh_site site, struct source from)
{
	struct lh_chain chain = {.parent = parent, .lock = lock, .site = site};
	lh_chain_id id = b->chains;

	chain.depth = parent ? (uint16_t)(b->chain[parent].depth + 1) : 1;
	b->witnesses += chain.depth;
	LH_PUSH(b->arena, b->chain, b->chains, chain);
	LH_PUSH(b->arena, b->source, b->sources, from);
	return id;
}

/* The lock id of a row of a class. These rows follow those of the ledger; add_locks makes them. */
static lh_lock_id class_row(const struct class_rows *b, uint32_t class, uint32_t which)
{
	uint32_t row = b->own_locks + (class - 1) * ROWS_A_CLASS + which;

	return row < LH_LOCK_ROWS ? LH_LOCK_ID(row, 1) : 0;
}

static lh_lock_id class_id(const struct class_rows *b, lh_lock_id lock, uint32_t which)
{
	uint32_t class = lh_classes_of(b->classes, lock);

	return class ? class_row(b, class, which) : 0;
}

static void copy_visits(struct class_rows *b, lh_chain_id to, const struct lh_chain *from)
{
	struct lh_chain_visit s;
	uint32_t n = 0;

	for (uint32_t i = from->visit; n < 64 && lh_read_visit(b->ledger, i, &s); i = s.next, n++) {
		uint32_t row = b->visits;
		struct lh_chain_visit copy = s;

		copy.chain = to;
		copy.next = b->chain[to].visit;
		LH_PUSH(b->arena, b->visit, b->visits, copy);
		b->chain[to].visit = row;
	}
	b->chain[to].flags = from->flags & LH_CHAIN_MANY_THREADS;
}

static void read_rows(struct class_rows *b)
{
	const struct lh_ledger_view *r = b->ledger;
	uint32_t n = lh_read_used(r, LH_T_THREAD);

	b->threads = n ? n : 1;
	b->thread = lh_arena_alloc(b->arena, b->threads * sizeof(*b->thread));
	for (uint32_t i = 1; i < b->threads; i++) {
		lh_read_thread(r, i, &b->thread[i]);
		b->thread[i].end_lock = 0;
	}
	n = lh_read_used(r, LH_T_HB_EDGE);
	b->hb_edges = n ? n : 1;
	b->hb_edge = lh_arena_alloc(b->arena, b->hb_edges * sizeof(*b->hb_edge));
	for (uint32_t i = 1; i < b->hb_edges; i++)
		lh_read_hb_edge(r, i, &b->hb_edge[i]);
	n = lh_read_used(r, LH_T_LOCK);
	b->own_locks = n ? n : 1;
	n = lh_read_used(r, LH_T_CHAIN);
	b->instance = lh_arena_alloc(b->arena, (n + 1) * sizeof(*b->instance));
	add_chain_row(b, 0, 0, 0, (struct source){0}); /* row 0 is none */
	LH_PUSH(b->arena, b->visit, b->visits, (struct lh_chain_visit){0});
}

/* ---- dependencies ---- */

/* The site of a held lock, as a try-lock: how the lock was acquired does not matter, and the order
 * graph searches nothing for a try-lock. */
static lh_site as_held(lh_site site)
{
	return LH_SITE(LH_SITE_STACK(site), LH_TRY, LH_SITE_MODE(site));
}

/* Hashes the held and wanted classes, the sites of the two that matter, and the visits. */
static uint64_t hash_of(struct class_rows *b, const lh_chain_id *chain, uint32_t n, uint32_t held)
{
	uint64_t h = n + 31 * held;
	struct lh_chain row = {0};
	struct lh_chain_visit s;

	for (uint32_t i = 0; i < n; i++) {
		lh_read_chain_row(b->ledger, chain[i], &row);
		h = lh_hash_mix(h, class_id(b, row.lock, 0));
		h = lh_hash_mix(h, i == held || i + 1 == n ? row.site : LH_SITE_MODE(row.site));
	}
	for (uint32_t i = row.visit, k = 0; k < 64 && lh_read_visit(b->ledger, i, &s); i = s.next)
		h = lh_hash_mix(h, (uint64_t)s.thread << 32 ^ (uint64_t)s.first << 16 ^ s.last),
		k++;
	return lh_hash_mix(h, row.flags & LH_CHAIN_MANY_THREADS);
}

static bool is_redundant(struct class_rows *b, uint64_t hash)
{
	struct same_class *a;

	HASH_FIND(hh, b->group, &hash, sizeof(hash), a);
	if (!a) {
		a = lh_arena_alloc(b->arena, sizeof(*a));
		a->hash = hash;
		HASH_ADD(hh, b->group, hash, sizeof(a->hash), a);
	}
	return ++a->n > SAME_CLASS_MAX;
}

static uint64_t address_of(const struct class_rows *b, lh_lock_id id)
{
	struct lh_lock l;

	return lh_read_lock(b->ledger, id, &l) ? lh_lock_address(&l) : 0;
}

/* The rows of the two ends of a dependency. False: it is no dependency between classes. */
static bool name_ends(const struct class_rows *b, lh_lock_id held, lh_lock_id wanted,
		      lh_lock_id end[2])
{
	uint64_t low, high;
	bool up;

	end[0] = class_id(b, held, 0);
	end[1] = class_id(b, wanted, 0);
	if (!end[0] || !end[1])
		return false;
	if (end[0] != end[1])
		return true;
	low = address_of(b, held);
	high = address_of(b, wanted);
	up = low < high;
	end[0] = class_id(b, held, up ? LOWER : UPPER);
	end[1] = class_id(b, wanted, up ? UPPER : LOWER);
	return low != high && end[0] && end[1];
}

static void add_dependency(struct class_rows *b, const lh_chain_id *chain, uint32_t n,
			   uint32_t held)
{
	struct lh_chain h, w;
	lh_lock_id end[2];
	lh_chain_id link, at;

	if (!lh_read_chain_row(b->ledger, chain[held], &h) ||
	    !lh_read_chain_row(b->ledger, chain[n - 1], &w))
		return;
	if (!name_ends(b, h.lock, w.lock, end) || is_redundant(b, hash_of(b, chain, n, held)))
		return;
	link = add_chain_row(b, b->instance[chain[n - 2]], end[0], as_held(h.site),
			     (struct source){chain[held], h.lock});
	at = add_chain_row(b, link, end[1], w.site, (struct source){chain[n - 1], w.lock});
	copy_visits(b, at, &w);
}

/* A chain without held locks: a writer that may queue. */
static void add_root(struct class_rows *b, lh_chain_id id, const struct lh_chain *w)
{
	lh_lock_id lock = class_id(b, w->lock, 0);

	if (lock && !is_redundant(b, hash_of(b, &id, 1, 0)))
		copy_visits(b, add_chain_row(b, 0, lock, w->site, (struct source){id, w->lock}), w);
}

static bool holds(const struct class_rows *b, const lh_chain_id *chain, uint32_t n, lh_lock_id lock)
{
	struct lh_chain row;

	for (uint32_t i = 0; i < n; i++)
		if (lh_read_chain_row(b->ledger, chain[i], &row) && row.lock == lock)
			return true;
	return false;
}

/* A destroyed lock and its successor at the same address can share a row, so a chain may name an
 * earlier generation. Both have the same init stack, so they are of one class. */
static bool read_chain(const struct class_rows *b, lh_chain_id id, struct lh_chain *chain,
		       struct lh_lock *l)
{
	if (!lh_read_chain_row(b->ledger, id, chain))
		return false;
	if (lh_read_lock(b->ledger, chain->lock, l))
		return true;
	if (!chain->lock || !lh_read_lock_row(b->ledger, LH_LOCK_ROW(chain->lock), l))
		return false;
	chain->lock = LH_LOCK_ID(LH_LOCK_ROW(chain->lock), l->gen);
	return true;
}

static void add_chain(struct class_rows *b, lh_chain_id id)
{
	lh_chain_id chain[LH_HELD_MAX];
	uint32_t n = lh_read_chain_path(b->ledger, id, chain, LH_HELD_MAX);
	struct lh_chain row;
	struct lh_lock l;

	if (!n || !read_chain(b, id, &row, &l))
		return;
	b->instance[id] = add_chain_row(b, n > 1 ? b->instance[chain[n - 2]] : 0, row.lock,
					as_held(row.site), (struct source){id, row.lock});
	/* No dependency for a join: while a thread holds a lock, it may join a thread that acquires
	 * another lock of the same class. */
	if (l.kind == LH_COND || l.kind == LH_BARRIER || l.kind == LH_THREAD_END ||
	    (l.flags & (LH_LOCK_SIGNAL | LH_LOCK_COUNTING)) ||
	    (!row.visit && !(row.flags & LH_CHAIN_MANY_THREADS)))
		return;
	if (LH_SITE_HOW(row.site) == LH_TRY && l.kind != LH_SEM && !b->filtered)
		return;
	if (n == 1 && (l.flags & LH_LOCK_PREFER_WRITER))
		add_root(b, id, &row);
	else if (n > 1 && !holds(b, chain, n - 1, row.lock))
		for (uint32_t i = 0; i + 1 < n; i++)
			add_dependency(b, chain, n, i);
}

/* ---- locks ---- */

/* A class has each flag that one of its locks has; but it prefers writers only if all do. */
static void add_to_class(struct class_rows *b, lh_lock_id id, const struct lh_lock *l)
{
	uint32_t class = lh_classes_of(b->classes, id);

	for (uint32_t i = 0; class && i < ROWS_A_CLASS; i++) {
		struct lh_lock *c = &b->lock[LH_LOCK_ROW(class_row(b, class, i))];
		uint32_t prefer = c->kind ? c->flags & l->flags : l->flags;

		c->gen = 1;
		c->kind = l->kind;
		c->flags |= l->flags;
		c->flags = (c->flags & ~(uint32_t)LH_LOCK_PREFER_WRITER) |
			   (prefer & LH_LOCK_PREFER_WRITER);
	}
}

/* Links the chains that want each lock, as the order graph needs them. */
static void list_chains(struct class_rows *b)
{
	for (uint32_t i = 1; i < b->own_locks; i++)
		b->lock[i].chains = 0;
	for (lh_chain_id i = 1; i < b->chains; i++) {
		uint32_t row = LH_LOCK_ROW(b->chain[i].lock);

		if (row >= b->locks)
			continue;
		b->chain[i].next = b->lock[row].chains;
		b->lock[row].chains = i;
	}
}

static void add_locks(struct class_rows *b)
{
	uint32_t classes = lh_classes_count(b->classes);

	b->locks = b->own_locks + classes * ROWS_A_CLASS;
	b->lock = lh_arena_alloc(b->arena, b->locks * sizeof(*b->lock));
	for (uint32_t i = 1; i < b->own_locks; i++)
		lh_read_lock_row(b->ledger, i, &b->lock[i]);
	for (uint32_t i = 1; i < b->own_locks; i++)
		if (b->lock[i].kind && b->lock[i].chains)
			add_to_class(b, LH_LOCK_ID(i, b->lock[i].gen), &b->lock[i]);
	for (uint32_t i = 1; i < b->threads; i++)
		b->thread[i].creator_chain =
			b->thread[i].creator_chain < lh_read_used(b->ledger, LH_T_CHAIN)
				? b->instance[b->thread[i].creator_chain]
				: 0;
	list_chains(b);
}

/* ---- sources ---- */

static struct source source_of(const struct class_rows *b, lh_chain_id id)
{
	return id < b->chains ? b->source[id] : (struct source){0};
}

/* The chain of the ledger, and the lock in it, that a link of a cycle holds. */
static struct source held_of(const struct class_rows *b, const struct lh_cycle_link *k)
{
	return source_of(b, b->chain[k->chain].parent);
}

/* True if each lock of the cycle is one instance: the process's own order graph has found this
 * cycle, and reported or filtered it. */
static bool is_of_same_instances(const struct class_rows *b, const struct lh_cycle *cycle)
{
	for (uint32_t i = 0; i < cycle->n; i++) {
		struct source h = held_of(b, &cycle->link[(i + 1) % cycle->n]);

		if (h.lock != source_of(b, cycle->link[i].chain).lock)
			return false;
	}
	return true;
}

/* ---- findings ---- */

enum { STEPS_MAX = 250 }; /* lh_finding.steps is a byte */

static void add_step(struct lh_step *step, uint32_t *n, const struct lh_cycle_link *k,
		     lh_lock_id lock, lh_site site, enum lh_action action)
{
	if (*n < STEPS_MAX)
		step[(*n)++] = (struct lh_step){
			.thread = k->thread, .lock = lock, .site = site, .action = action};
}

/* The held lock of the link first, then the others. What a queued writer holds does not matter. */
static void add_link(const struct class_rows *b, const struct lh_cycle_link *k, bool queues,
		     struct lh_step *step, uint32_t *n)
{
	struct source held = held_of(b, k), wanted = source_of(b, k->chain);
	lh_chain_id chain[LH_HELD_MAX];
	uint32_t depth =
		queues ? 0 : lh_read_chain_path(b->ledger, wanted.chain, chain, LH_HELD_MAX);
	struct lh_chain row;

	if (!queues && held.chain && lh_read_chain_row(b->ledger, held.chain, &row))
		add_step(step, n, k, held.lock, row.site, LH_HOLDS);
	for (uint32_t i = 0; i + 1 < depth; i++)
		if (chain[i] != held.chain && lh_read_chain_row(b->ledger, chain[i], &row))
			add_step(step, n, k, row.lock, row.site, LH_HOLDS);
	add_step(step, n, k, wanted.lock, k->wanted_site, LH_WANTS);
}

/* Equal for the same classes in the same order, at any sites. A sum: a cycle has no first link. */
static uint64_t hash_of_cycle(const struct lh_cycle *cycle)
{
	uint64_t h = cycle->filter;

	for (uint32_t i = 0; i < cycle->n; i++)
		h += lh_hash_mix(lh_hash_mix(1, cycle->link[i].held), cycle->link[i].wanted);
	return h;
}

static struct lh_report_finding *report_cycle(const struct class_rows *b,
					      const struct lh_cycle *cycle)
{
	struct lh_step step[STEPS_MAX];
	uint32_t n = 0;
	struct lh_finding row = {.rule = LH_RULE_LOCK_ORDER,
				 .level = LH_POTENTIAL,
				 .severity = cycle->filter ? LH_NOTE : LH_WARNING,
				 .flags = LH_FINDING_BY_CLASS,
				 .key = cycle->key,
				 .filter = cycle->filter};

	for (uint32_t i = 0; i < (uint32_t)cycle->n + cycle->queued_writers; i++)
		add_link(b, &cycle->link[i], i >= cycle->n, step, &n);
	row.steps = (uint8_t)n;
	return lh_report_add_finding(b->report, b->ledger, &row, step, NULL);
}

/* One finding for each cycle of classes; the same cycle at other sites is counted. Otherwise a
 * class of a generic wrapper would cause a finding for every two sites that acquire its locks. */
static void report_all(struct class_rows *b, const struct lh_answers *a)
{
	struct merged_cycle {
		uint64_t hash;
		struct lh_report_finding *finding;
		UT_hash_handle hh;
	} *merged_cycles = NULL, *r;

	for (uint32_t i = 0; i < a->n; i++) {
		uint64_t hash = hash_of_cycle(&a->cycle[i]);

		if (is_of_same_instances(b, &a->cycle[i]))
			continue;
		HASH_FIND(hh, merged_cycles, &hash, sizeof(hash), r);
		if (r) {
			r->finding->count++;
			continue;
		}
		r = lh_arena_alloc(b->arena, sizeof(*r));
		r->hash = hash;
		r->finding = report_cycle(b, &a->cycle[i]);
		if (r->finding->by_class)
			HASH_ADD(hh, merged_cycles, hash, sizeof(r->hash), r);
	}
	HASH_CLEAR(hh, merged_cycles);
}

static bool is_lock_order(void *with, const struct lh_cycle *cycle)
{
	(void)with;
	return cycle->rule == LH_RULE_LOCK_ORDER;
}

static uint32_t query(const struct class_rows *b, struct lh_answers *a)
{
	const struct lh_order_input input = {.lock = b->lock,
					     .thread = b->thread,
					     .chain = b->chain,
					     .visit = b->visit,
					     .hb_edge = b->hb_edge,
					     .locks = b->locks,
					     .threads = b->threads,
					     .chains = b->chains,
					     .visits = b->visits,
					     .hb_edges = b->hb_edges,
					     .hb_edges_lost = b->ledger->head.hb_edges_lost != 0};

	return lh_order_query(&input, b->witnesses, b->filtered, a);
}

static void check_process(struct lh_report *report, const struct lh_report_process *p,
			  const struct lh_class_options *options)
{
	struct class_rows b = {.report = report,
			       .process = p,
			       .ledger = p->ledger,
			       .filtered = options->filtered,
			       .arena = lh_arena_new()};
	struct lh_answers a = {b.arena, is_lock_order, NULL, NULL, 0};
	uint32_t cut, n = lh_read_used(p->ledger, LH_T_CHAIN);

	b.classes = lh_classes_new(report, p, options);
	read_rows(&b);
	for (lh_chain_id i = 1; i < n; i++)
		add_chain(&b, i);
	add_locks(&b);
	cut = query(&b, &a);
	if (cut)
		lh_report_note(report,
			       "by lock class: %u cycle searches were stopped at their limit", cut);
	report_all(&b, &a);
	HASH_CLEAR(hh, b.group);
	lh_classes_free(b.classes);
	lh_arena_free(b.arena);
}

void lh_by_class_check(struct lh_report *report, const struct lh_class_options *options)
{
	for (uint32_t i = 0; i < report->processes; i++)
		check_process(report, report->process[i], options);
}
