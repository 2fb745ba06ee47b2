/*
 * fingerprint.c — fingerprints of findings: recipes v2 and v3 of cycles, recipe v1 of all others.
 *
 * The hash of the rule's name and the finding's edges. An edge is the class of the held lock, the
 * class of the wanted lock, the action, and where both were acquired. A cycle takes for each of
 * the two the functions that own_site.c chooses, and the function that made the order: cycles that
 * differ only in outer call paths are one finding. Recipe v1 takes the innermost three functions of
 * the program where the lock was wanted; it was the recipe of cycles too.
 *
 * Recipe v3 knows more than v2 (docs/format.md lists what), and is used only for a cycle of which
 * it makes another text: all other cycles keep their fingerprints. Each finding has its
 * fingerprints by v1 and v2 as well, for baselines of earlier versions, and a lock-order or
 * deadlock those that it would have under the other of these two rules.
 *
 * The edges of a cycle are hashed in the rotation that sorts first, because any thread may have
 * closed the cycle; those of a semaphore cycle are sorted and deduplicated, because any thread may
 * have come first. Of a join under a lock only the joiner's edge is hashed, as in recipe v1. The
 * hash has no address, line, thread number, count or directory: neither
 * another run nor an edited comment changes it.
 */
#include "tools/report/report_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The class of a step's lock; NULL: only the lock's first acquisition is known, which varies. */
static const char *known_class(struct lh_report *report, const struct lh_report_step *a,
			       enum lh_recipe recipe)
{
	const struct lh_report_lock *lock = a ? a->lock : NULL;

	if (lock && lock->by_first)
		return NULL;
	if (!lock || !lock->variable)
		return !lock ? "" : recipe > LH_RECIPE_2 ? lock->class : lock->former_class;
	return lh_arena_printf(report->arena, "%s%s", lock->class,
			       lh_report_member(report, lock->process, lh_lock_address(&lock->row),
						lh_report_lock_size(lock)));
}

/* ---- recipe v1 ---- */

/* Of some locks (a std::mutex in an object) the class is not known: uses the acquisition site in
 * this finding. */
static const char *class_of(struct lh_report *report, const struct lh_report_step *a, bool held,
			    enum lh_recipe recipe)
{
	if (!a || !a->lock || !a->lock->by_first)
		return known_class(report, a, recipe);
	return held ? lh_arena_printf(report->arena, "%s>%s", a->lock->kind,
				      lh_fingerprint_site(report, a->stack, recipe))
		    : a->lock->kind;
}

static const char *edge(struct lh_report *report, const struct lh_report_step *holds,
			const struct lh_report_step *does, enum lh_recipe recipe)
{
	const struct lh_report_step *at = does ? does : holds;

	return lh_arena_printf(
		report->arena, "%s\t%s\t%s\t%s", class_of(report, holds, true, recipe),
		class_of(report, does, false, recipe), at ? lh_name_action(at->action) : "",
		at ? lh_fingerprint_site(report, at->stack, recipe) : "");
}

static int by_rotation(const char **edges, uint32_t n, uint32_t a, uint32_t b)
{
	for (uint32_t k = 0; k < n; k++) {
		int order = strcmp(edges[(a + k) % n], edges[(b + k) % n]);

		if (order)
			return order;
	}
	return 0;
}

static uint32_t row_held(const struct lh_report_finding *f, uint32_t part)
{
	const struct lh_report_step *holds = f->part[part].holds;

	return holds && holds->lock ? LH_LOCK_ROW(holds->lock->lock) : 0;
}

/* Start of the rotation that sorts first; of equal ones, that with the lowest row of a held lock.
 */
static uint32_t least_rotation(const struct lh_report_finding *f, const char **edges)
{
	uint32_t best = 0;

	for (uint32_t i = 1; i < f->cycle_parts; i++) {
		int order = by_rotation(edges, f->cycle_parts, i, best);

		if (order < 0 || (!order && row_held(f, i) < row_held(f, best)))
			best = i;
	}
	return best;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorts and deduplicates; returns how many are left. */
static uint32_t sort_unique(const char **edges, uint32_t n)
{
	uint32_t unique = 0;

	qsort(edges, n, sizeof(*edges), by_text);
	for (uint32_t i = 0; i < n; i++)
		if (!unique || strcmp(edges[i], edges[unique - 1]) != 0)
			edges[unique++] = edges[i];
	return unique;
}

static uint64_t hash_edges(const struct lh_report_finding *f, const char *recipe,
			   const char **edges, uint32_t n, uint32_t first)
{
	uint64_t hash = lh_fingerprint_hash(lh_fingerprint_hash(0xcbf29ce484222325ull, recipe),
					    lh_name_rule(f->rule));

	for (uint32_t i = 0; i < n; i++)
		hash = lh_fingerprint_hash(
			hash,
			edges[f->cycle && i < f->cycle_parts ? (first + i) % f->cycle_parts : i]);
	return hash;
}

/* Earlier versions did not list a thread's end among what the thread holds. */
static bool is_end(const struct lh_report_finding *f, uint32_t part)
{
	const struct lh_report_step *holds = f->part[part].holds;

	return f->rule == LH_RULE_LOCK_ORDER && holds && holds->lock &&
	       holds->lock->row.kind == LH_THREAD_END;
}

/* `recipe`: how the functions and classes are called. */
static uint64_t recipe_1(struct lh_report *report, const struct lh_report_finding *f,
			 enum lh_recipe recipe)
{
	const char **edges = lh_arena_alloc(report->arena, (f->parts + 1) * sizeof(*edges));
	/* The activity of the holder in a long hold and the waiters vary between runs; so do the
	 * waiters for an abandoned lock. */
	bool held_only = lh_rule_is(f->rule, LH_BY_HOLDER);
	uint32_t n = held_only && f->parts ? 1 : f->parts;

	for (uint32_t i = 0; i < n; i++)
		edges[i] = edge(report, is_end(f, i) ? NULL : f->part[i].holds,
				held_only && f->part[i].holds ? NULL : f->part[i].does, recipe);
	if (f->rule == LH_RULE_POOL_DEADLOCK || f->rule == LH_RULE_LOST_SIGNAL)
		n = sort_unique(edges, n);
	return hash_edges(f, "v1", edges, n, f->cycle ? least_rotation(f, edges) : 0);
}

/* ---- recipes v2 and v3 ---- */

static const char *kind_of(const struct lh_acquired *a)
{
	if (a->class || !a->step || !a->step->lock)
		return a->class;
	return a->step->lock->kind;
}

/* What the parts of a cycle acquire, by twos. Which writer queues, of those that may, depends on
 * which came first: no fingerprint has it. */
static struct lh_acquired *acquisitions(struct lh_report *report, const struct lh_report_finding *f,
					enum lh_recipe recipe)
{
	struct lh_acquired *all =
		lh_arena_alloc(report->arena, (2 * f->cycle_parts + 1) * sizeof(*all));

	for (uint32_t i = 0; i < f->cycle_parts; i++) {
		const struct lh_report_part *part = &f->part[i];

		all[2 * i] =
			(struct lh_acquired){part->holds, known_class(report, part->holds, recipe)};
		all[2 * i + 1] =
			(struct lh_acquired){part->does, known_class(report, part->does, recipe)};
	}
	return all;
}

static const char **cycle_edges(struct lh_report *report, const struct lh_report_finding *f,
				const struct lh_acquired *all, enum lh_recipe recipe)
{
	uint32_t n = f->cycle_parts;
	const char **edges = lh_arena_alloc(report->arena, (n + 1) * sizeof(*edges));

	for (uint32_t i = 0; i < n; i++) {
		const struct lh_acquired *a = &all[2 * i];
		const char *order = lh_order_site(report, all, n, i, recipe);

		edges[i] =
			lh_arena_printf(report->arena, "%s\t%s\t%s\t%s\t%s%s%s", kind_of(&a[0]),
					lh_own_site(report, all, n, 2 * i, recipe), kind_of(&a[1]),
					a[1].step ? lh_name_action(a[1].step->action) : "",
					lh_own_site(report, all, n, 2 * i + 1, recipe),
					order[0] ? "\t" : "", order);
	}
	return edges;
}

static bool same_edges(const char **a, const char **b, uint32_t n)
{
	uint32_t i = 0;

	while (i < n && strcmp(a[i], b[i]) == 0)
		i++;
	return i == n;
}

/* Fingerprints before they are texts. */
struct hashes {
	uint64_t now, v2, v1;
	uint32_t first; /* part that the cycle is reported from */
};

static void hash_cycle(struct lh_report *report, const struct lh_report_finding *f,
		       const struct lh_acquired *all, struct hashes *h)
{
	const char **edges = cycle_edges(report, f, all, LH_RECIPE_3),
		   **former = cycle_edges(report, f, acquisitions(report, f, LH_RECIPE_2),
					  LH_RECIPE_2);
	uint32_t n = f->cycle_parts;

	h->first = least_rotation(f, edges);
	h->v2 = hash_edges(f, "v2", former, n, least_rotation(f, former));
	h->now = same_edges(edges, former, n) ? h->v2 : hash_edges(f, "v3", edges, n, h->first);
}

/*
 * A join under a lock is one finding for each pair of sites of the joiner: the joined threads, and
 * the sites where they acquire the lock, are many.
 */
static uint64_t join_recipe(struct lh_report *report, const struct lh_report_finding *f,
			    const struct lh_report_part *join, enum lh_recipe recipe)
{
	uint64_t hash = lh_fingerprint_hash(0xcbf29ce484222325ull, "v2");

	hash = lh_fingerprint_hash(hash, lh_name_rule(f->rule));
	hash = lh_fingerprint_hash(hash, edge(report, join->holds, join->does, recipe));
	return f->told ? lh_fingerprint_hash(hash, "told") : hash;
}

static struct hashes hashes_of(struct lh_report *report, const struct lh_report_finding *f,
			       const struct lh_acquired *all)
{
	struct hashes h = {.v1 = recipe_1(report, f, LH_RECIPE_1)};
	const struct lh_report_part *join = lh_report_joining_part(f);

	if (join) {
		h.now = join_recipe(report, f, join, LH_RECIPE_3);
		h.v2 = join_recipe(report, f, join, LH_RECIPE_2);
		h.first = f->cycle ? (uint32_t)(join - f->part) : 0;
	} else if (f->cycle) {
		hash_cycle(report, f, all, &h);
	} else {
		h.now = recipe_1(report, f, LH_RECIPE_3);
		h.v2 = h.v1;
	}
	return h;
}

/* ---- the same cycle under the other rule ---- */

static enum lh_rule other_rule(const struct lh_report_finding *f)
{
	if (!f->cycle)
		return LH_NO_RULE;
	return f->rule == LH_RULE_LOCK_ORDER ? LH_RULE_DEADLOCK
	       : f->rule == LH_RULE_DEADLOCK ? LH_RULE_LOCK_ORDER
					     : LH_NO_RULE;
}

static enum lh_action other_action(enum lh_rule rule, const struct lh_report_step *a)
{
	if (rule == LH_RULE_LOCK_ORDER)
		return LH_WANTS;
	return a->lock && a->lock->row.kind == LH_THREAD_END ? LH_JOINS : LH_WAITS_FOR;
}

/* The steps that close the cycle, as the other rule has them. */
static struct lh_report_part *other_parts(struct lh_report *report,
					  const struct lh_report_finding *f, enum lh_rule rule)
{
	struct lh_report_part *part = lh_arena_alloc(report->arena, (f->parts + 1) * sizeof(*part));
	struct lh_report_step *step = lh_arena_alloc(report->arena, (f->parts + 1) * sizeof(*step));

	for (uint32_t i = 0; i < f->parts; i++) {
		part[i] = f->part[i];
		if (!part[i].does)
			continue;
		step[i] = *part[i].does;
		step[i].action = other_action(rule, &step[i]);
		part[i].does = &step[i];
	}
	return part;
}

static struct hashes other_hashes(struct lh_report *report, const struct lh_report_finding *f)
{
	struct lh_report_finding other = *f;

	other.rule = other_rule(f);
	if (other.rule == LH_NO_RULE)
		return (struct hashes){0};
	other.part = other_parts(report, f, other.rule);
	return hashes_of(report, &other, acquisitions(report, &other, LH_RECIPE_3));
}

static void set_texts(struct lh_fingerprints *to, const struct hashes *h)
{
	snprintf(to->now, sizeof(to->now), "%016llx", (unsigned long long)h->now);
	snprintf(to->v2, sizeof(to->v2), "%016llx", (unsigned long long)h->v2);
	snprintf(to->v1, sizeof(to->v1), "%016llx", (unsigned long long)h->v1);
}

uint32_t lh_fingerprint_make(struct lh_report *report, struct lh_report_finding *f)
{
	const struct lh_acquired *all = acquisitions(report, f, LH_RECIPE_3);
	struct hashes own = hashes_of(report, f, all), other = other_hashes(report, f);
	struct lh_fingerprints texts;

	set_texts(&texts, &own);
	memcpy(f->fingerprint, texts.now, sizeof(f->fingerprint));
	memcpy(f->former_v2, texts.v2, sizeof(f->former_v2));
	memcpy(f->former, texts.v1, sizeof(f->former));
	f->other_rule = other_rule(f);
	if (f->other_rule != LH_NO_RULE)
		set_texts(&f->other, &other);
	lh_cycle_place_make(report, f, all);
	return own.first;
}

/* ---- the frames in the fingerprint ---- */

/* How many frames of the ledger lead to this one: an inlined frame has none of its own. */
static uint32_t ledger_frames(const struct lh_report_stack *t, const struct lh_report_frame *last)
{
	uint32_t n = last->inlined;

	for (const struct lh_report_frame *f = t->frame; f <= last; f++)
		n += !f->inlined;
	return n;
}

/* The outermost frame of the stack that is in the fingerprint: of the own site, or the function
 * that made the order. */
static const struct lh_report_frame *outermost_own(struct lh_report *report,
						   const struct lh_report_finding *f, uint32_t one)
{
	const struct lh_acquired *all = acquisitions(report, f, LH_RECIPE_3);
	const struct lh_report_frame *order[2], *last;
	struct lh_site_frames own;
	uint32_t n = lh_own_frames(all, f->cycle_parts, one, LH_RECIPE_3, &own);

	if (!n || !own.n)
		return NULL;
	last = own.at[(n < own.n ? n : own.n) - 1];
	if (lh_order_frames(report, all, f->cycle_parts, one / 2, order) && order[one & 1] > last)
		last = order[one & 1];
	return last;
}

uint32_t lh_report_own_frames(struct lh_report *report, const struct lh_report_finding *f,
			      const struct lh_report_step *a)
{
	const struct lh_report_frame *last = a->frame;

	for (uint32_t i = 0; i < f->cycle_parts; i++)
		if (a == f->part[i].holds || a == f->part[i].does)
			last = outermost_own(report, f, 2 * i + (a == f->part[i].does));
	return last ? ledger_frames(a->stack, last) : 1;
}
