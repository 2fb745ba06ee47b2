/* by_class.c — makes order-graph rows in which the wanted locks are classes, and findings from the
 * cycles. */
#include "tools/lock_order/by_class.h"
#include "libcheck/base/hash.h"
#include "tools/lock_order/lock_order_internal.h"

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

struct class_rows {
	struct lh_merged_run run; /* the `chain` of its process: the chains of instances */
	const struct lh_ledger_view *ledger;
	struct lh_classes *classes;
	bool filtered;
	struct source *source; /* by our chain row */
	uint32_t sources;
	struct lh_map same_class; /* by hash: how many dependencies differ only in the instances */
};

/* ---- rows ---- */

static lh_chain_id add_chain_row(struct class_rows *b, lh_chain_id parent, lh_lock_id lock,
				 lh_site site, struct source from)
{
	LH_PUSH(b->run.arena, b->source, b->sources, from);
	return lh_merged_add_chain(&b->run, parent, lock, site);
}

/* The lock id of a row of a class. These rows follow those of the ledger; add_class_locks makes
 * them. */
static lh_lock_id class_row(const struct class_rows *b, uint32_t class, uint32_t which)
{
	uint32_t row = b->run.process->locks + (class - 1) * ROWS_A_CLASS + which;

	return row < LH_LOCK_ROWS ? LH_LOCK_ID(row, 1) : 0;
}

static lh_lock_id class_id(const struct class_rows *b, lh_lock_id lock, uint32_t which)
{
	uint32_t class = lh_classes_of(b->classes, lock);

	return class ? class_row(b, class, which) : 0;
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
		lh_read_chain_of_row(b->ledger, chain[i], &row);
		h = lh_hash_mix(h, class_id(b, row.lock, 0));
		h = lh_hash_mix(h, i == held || i + 1 == n ? row.site : LH_SITE_MODE(row.site));
	}
	for (uint32_t i = row.visit, k = 0; k < 64 && lh_read_visit(b->ledger, i, &s);
	     i = s.next, k++)
		h = lh_hash_mix(h, (uint64_t)s.thread << 32 ^ (uint64_t)s.first << 16 ^ s.last);
	return h;
}

/* SAME_CLASS_MAX dependencies that differ only in the instances suffice. */
static bool is_redundant(struct class_rows *b, uint64_t hash)
{
	uint32_t *n = lh_map_get(&b->same_class, b->run.arena, &hash, sizeof(hash), sizeof(*n));

	return ++*n > SAME_CLASS_MAX;
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

	if (!lh_read_chain_of_row(b->ledger, chain[held], &h) ||
	    !lh_read_chain_of_row(b->ledger, chain[n - 1], &w))
		return;
	if (!name_ends(b, h.lock, w.lock, end) || is_redundant(b, hash_of(b, chain, n, held)))
		return;
	link = add_chain_row(b, b->run.process->chain[chain[n - 2]], end[0], as_held(h.site),
			     (struct source){chain[held], h.lock});
	at = add_chain_row(b, link, end[1], w.site, (struct source){chain[n - 1], w.lock});
	lh_merged_add_visits(&b->run, b->run.process, chain[n - 1], at);
}

/* A chain without held locks: a writer that may queue. */
static void add_root(struct class_rows *b, lh_chain_id id, const struct lh_chain *w)
{
	lh_lock_id lock = class_id(b, w->lock, 0);

	if (lock && !is_redundant(b, hash_of(b, &id, 1, 0)))
		lh_merged_add_visits(
			&b->run, b->run.process, id,
			add_chain_row(b, 0, lock, w->site, (struct source){id, w->lock}));
}

static bool holds(const struct class_rows *b, const lh_chain_id *chain, uint32_t n, lh_lock_id lock)
{
	struct lh_chain row;

	for (uint32_t i = 0; i < n; i++)
		if (lh_read_chain_of_row(b->ledger, chain[i], &row) && row.lock == lock)
			return true;
	return false;
}

static void add_chain(void *with, struct lh_merged_process *m, lh_chain_id id)
{
	struct class_rows *b = with;
	lh_chain_id chain[LH_HELD_MAX];
	uint32_t n = lh_read_chain_path(b->ledger, id, chain, LH_HELD_MAX);
	struct lh_chain row;
	struct lh_lock l;

	if (!n || !lh_read_chain_of_row(b->ledger, id, &row) ||
	    !lh_read_lock(b->ledger, row.lock, &l))
		return;
	m->chain[id] = add_chain_row(b, n > 1 ? m->chain[chain[n - 2]] : 0, row.lock,
				     as_held(row.site), (struct source){id, row.lock});
	/* No dependency for a join: while a thread holds a lock, it may join a thread that acquires
	 * another lock of the same class. */
	if (lh_kind_acts(l.kind) == LH_COND || l.kind == LH_BARRIER || l.kind == LH_THREAD_END ||
	    (l.flags & (LH_LOCK_SIGNAL | LH_LOCK_COUNTING)) || !row.visit)
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

static void add_own_locks(struct class_rows *b)
{
	for (uint32_t i = 1; i < b->run.process->locks; i++) {
		struct lh_lock l = {0};

		lh_read_lock_row(b->ledger, i, &l);
		LH_PUSH(b->run.arena, b->run.lock, b->run.locks, l);
	}
}

static void add_to_class(struct class_rows *b, lh_lock_id id, const struct lh_lock *l)
{
	uint32_t class = lh_classes_of(b->classes, id);

	for (uint32_t i = 0; class && i < ROWS_A_CLASS; i++) {
		uint32_t row = LH_LOCK_ROW(class_row(b, class, i));
		struct lh_lock *c = &b->run.lock[row];

		if (!row || row >= b->run.locks) /* no dependency names this class */
			return;
		c->gen = 1;
		c->flags = c->kind ? lh_merged_flags(c->flags, l->flags) : l->flags;
		c->kind = l->kind;
	}
}

static void add_class_locks(struct class_rows *b)
{
	uint32_t n = lh_classes_count(b->classes) * ROWS_A_CLASS;

	for (uint32_t i = 0; i < n; i++)
		LH_PUSH(b->run.arena, b->run.lock, b->run.locks, (struct lh_lock){0});
	for (uint32_t i = 1; i < b->run.process->locks; i++)
		if (b->run.lock[i].kind && b->run.lock[i].chains)
			add_to_class(b, LH_LOCK_ID(i, b->run.lock[i].gen), &b->run.lock[i]);
}

/* ---- sources ---- */

static struct source source_of(const struct class_rows *b, lh_chain_id id)
{
	return id < b->sources ? b->source[id] : (struct source){0};
}

/* The chain of the ledger, and the lock in it, that a link of a cycle holds. */
static struct source held_of(const struct class_rows *b, const struct lh_cycle_link *k)
{
	return source_of(b, b->run.chain[k->chain].parent);
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

static void add_step(struct lh_step *step, uint32_t *n, const struct lh_cycle_link *k,
		     lh_lock_id lock, lh_site site, enum lh_action action)
{
	if (*n < LH_STEPS_MAX)
		step[(*n)++] = (struct lh_step){
			.thread = k->thread, .lock = lock, .site = site, .action = action};
}

/* The held lock of the link first, then the others, or some of them. What a queued writer holds
 * does not matter. */
static void add_link(const struct class_rows *b, const struct lh_cycle_link *k, bool queues,
		     uint32_t most, struct lh_step *step, uint32_t *n)
{
	struct source held = held_of(b, k), wanted = source_of(b, k->chain);
	lh_chain_id chain[LH_HELD_MAX];
	uint32_t depth =
		queues ? 0 : lh_read_chain_path(b->ledger, wanted.chain, chain, LH_HELD_MAX);
	struct lh_chain row;

	if (!queues && held.chain && lh_read_chain_of_row(b->ledger, held.chain, &row))
		add_step(step, n, k, held.lock, row.site, LH_HOLDS);
	for (uint32_t i = 0; i + 1 < depth; i++) {
		if (chain[i] == held.chain)
			continue;
		if (!lh_hold_is_shown(i, depth - 1, UINT32_MAX, most))
			lh_steps_leave_out(step, *n);
		else if (lh_read_chain_of_row(b->ledger, chain[i], &row))
			add_step(step, n, k, row.lock, row.site, LH_HOLDS);
	}
	add_step(step, n, k, wanted.lock, k->wanted_site, LH_WANTS);
}

static struct lh_report_finding *report_cycle(const struct class_rows *b,
					      const struct lh_cycle *cycle)
{
	struct lh_step step[LH_STEPS_MAX];
	uint32_t n = 0, links = (uint32_t)cycle->n + cycle->queued_writers;
	struct lh_finding row = {.rule = LH_RULE_LOCK_ORDER,
				 .level = LH_POTENTIAL,
				 .severity = cycle->filter ? LH_NOTE : LH_WARNING,
				 .flags = LH_FINDING_BY_CLASS,
				 .key = cycle->key,
				 .filter = cycle->filter};

	for (uint32_t i = 0; i < links; i++)
		add_link(b, &cycle->link[i], i >= cycle->n, lh_holds_shown(links), step, &n);
	row.steps = (uint8_t)n;
	return lh_report_add_finding(b->run.report, b->ledger, &row, step, NULL);
}

/* One finding for each cycle of classes; the same cycle at other sites is counted. Otherwise a
 * class of a generic wrapper would cause a finding for every two sites that acquire its locks. */
static void report_all(struct class_rows *b, const struct lh_answers *a)
{
	struct lh_report_finding **first, *f;
	struct lh_map reported = {0};

	for (uint32_t i = 0; i < a->n; i++) {
		uint64_t hash = lh_cycle_locks_hash(&a->cycle[i]);

		if (is_of_same_instances(b, &a->cycle[i]))
			continue;
		first = lh_map_get(&reported, b->run.arena, &hash, sizeof(hash), sizeof(*first));
		if (*first) {
			(*first)->count++;
			continue;
		}
		f = report_cycle(b, &a->cycle[i]);
		if (f->by_class)
			*first = f;
	}
}

static bool is_lock_order(void *with, const struct lh_cycle *cycle)
{
	(void)with;
	return cycle->rule == LH_RULE_LOCK_ORDER;
}

static void check_process(struct lh_report *report, struct lh_report_process *p,
			  const struct lh_class_options *options)
{
	struct class_rows b = {.run = {.report = report,
				       .arena = lh_arena_new(),
				       .alone = true,
				       .add_chain = add_chain,
				       .with = &b},
			       .ledger = p->ledger,
			       .filtered = options->filtered};
	struct lh_answers a = {is_lock_order, NULL, NULL, 0};
	uint32_t cut;

	lh_merged_add_process(&b.run, p);
	b.classes = lh_classes_new(report, p, options, b.run.arena);
	lh_merged_begin_rows(&b.run);
	LH_PUSH(b.run.arena, b.source, b.sources, (struct source){0});
	add_own_locks(&b);
	lh_merged_add_rows(&b.run, b.run.process);
	add_class_locks(&b);
	cut = lh_order_query(&b.run, b.run.hb_edges, b.filtered, &a);
	if (cut)
		lh_report_note(report,
			       "by lock class: %u cycle searches were stopped at their limit", cut);
	report_all(&b, &a);
	lh_arena_free(b.run.arena);
}

void lh_by_class_check(struct lh_report *report, const struct lh_class_options *options)
{
	for (uint32_t i = 0; i < report->processes; i++)
		check_process(report, report->process[i], options);
}
