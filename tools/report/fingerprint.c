/*
 * fingerprint.c — fingerprints of findings: recipe v2 of cycles, recipe v1 of all others.
 *
 * The hash of the rule's name and the finding's edges. An edge is the class of the held lock, the
 * class of the wanted lock, the action, and where both were acquired. Recipe v2 takes for each of
 * the two the functions that own_site.c chooses, and the function that made the order: cycles that
 * differ only in outer call paths are one finding. Recipe v1 takes the innermost three functions of
 * the program where the lock was wanted; it was the recipe of cycles too, so each cycle has this
 * fingerprint as well (`former`), for baselines of earlier versions.
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
static const char *known_class(struct lh_report *report, const struct lh_report_step *a)
{
	const struct lh_report_lock *lock = a ? a->lock : NULL;

	if (lock && lock->by_first)
		return NULL;
	if (!lock || !lock->variable)
		return lock ? lock->class : "";
	return lh_arena_printf(report->arena, "%s%s", lock->class,
			       lh_report_member(report, lock->process, lh_lock_address(&lock->row),
						lh_report_lock_size(lock)));
}

/* ---- recipe v1 ---- */

/* Of some locks (a std::mutex in an object) the class is not known: uses the acquisition site in
 * this finding. */
static const char *class_of(struct lh_report *report, const struct lh_report_step *a, bool held)
{
	if (!a || !a->lock || !a->lock->by_first)
		return known_class(report, a);
	return held ? lh_arena_printf(report->arena, "%s>%s", a->lock->kind,
				      lh_fingerprint_site(report, a->stack))
		    : a->lock->kind;
}

static const char *edge(struct lh_report *report, const struct lh_report_step *holds,
			const struct lh_report_step *does)
{
	const struct lh_report_step *at = does ? does : holds;

	return lh_arena_printf(report->arena, "%s\t%s\t%s\t%s", class_of(report, holds, true),
			       class_of(report, does, false), at ? lh_name_action(at->action) : "",
			       at ? lh_fingerprint_site(report, at->stack) : "");
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

static uint64_t recipe_1(struct lh_report *report, const struct lh_report_finding *f,
			 const char **edges)
{
	/* The activity of the holder in a long hold and the waiters vary between runs; so do the
	 * waiters for an abandoned lock. */
	bool held_only = lh_rule_is(f->rule, LH_BY_HOLDER);
	uint32_t n = held_only && f->parts ? 1 : f->parts;

	for (uint32_t i = 0; i < n; i++)
		edges[i] = edge(report, is_end(f, i) ? NULL : f->part[i].holds,
				held_only && f->part[i].holds ? NULL : f->part[i].does);
	if (f->rule == LH_RULE_POOL_DEADLOCK || f->rule == LH_RULE_LOST_SIGNAL)
		n = sort_unique(edges, n);
	return hash_edges(f, "v1", edges, n, f->cycle ? least_rotation(f, edges) : 0);
}

/* ---- recipe v2 ---- */

static struct lh_acquired acquired(struct lh_report *report, const struct lh_report_step *a)
{
	return (struct lh_acquired){a, known_class(report, a)};
}

static const char *kind_of(const struct lh_acquired *a)
{
	if (a->class || !a->step || !a->step->lock)
		return a->class;
	return a->step->lock->kind;
}

/* Which writer queues, of those that may, depends on which came first: no fingerprint has it. */
static uint64_t recipe_2(struct lh_report *report, const struct lh_report_finding *f,
			 const char **edges, uint32_t *first)
{
	uint32_t n = f->cycle_parts;
	struct lh_acquired *all = lh_arena_alloc(report->arena, 2 * n * sizeof(*all));

	for (uint32_t i = 0; i < n; i++) {
		all[2 * i] = acquired(report, f->part[i].holds);
		all[2 * i + 1] = acquired(report, f->part[i].does);
	}
	for (uint32_t i = 0; i < n; i++) {
		const struct lh_acquired *a = &all[2 * i];
		const char *order = lh_order_site(report, all, n, i);

		edges[i] = lh_arena_printf(report->arena, "%s\t%s\t%s\t%s\t%s%s%s", kind_of(&a[0]),
					   lh_own_site(report, all, n, 2 * i), kind_of(&a[1]),
					   a[1].step ? lh_name_action(a[1].step->action) : "",
					   lh_own_site(report, all, n, 2 * i + 1),
					   order[0] ? "\t" : "", order);
	}
	*first = least_rotation(f, edges);
	return hash_edges(f, "v2", edges, n, *first);
}

/*
 * A join under a lock is one finding for each pair of sites of the joiner: the joined threads, and
 * the sites where they acquire the lock, are many.
 */
static uint64_t join_recipe(struct lh_report *report, const struct lh_report_finding *f,
			    const struct lh_report_part *join)
{
	uint64_t hash = lh_fingerprint_hash(0xcbf29ce484222325ull, "v2");

	hash = lh_fingerprint_hash(hash, lh_name_rule(f->rule));
	hash = lh_fingerprint_hash(hash, edge(report, join->holds, join->does));
	return f->told ? lh_fingerprint_hash(hash, "told") : hash;
}

uint32_t lh_fingerprint_make(struct lh_report *report, struct lh_report_finding *f)
{
	const char **edges = lh_arena_alloc(report->arena, (f->parts + 1) * sizeof(*edges));
	uint64_t former = recipe_1(report, f, edges), hash = former;
	uint32_t first = 0;

	const struct lh_report_part *join = lh_report_joining_part(f);

	if (join) {
		hash = join_recipe(report, f, join);
		first = f->cycle ? (uint32_t)(join - f->part) : 0;
	} else if (f->cycle) {
		hash = recipe_2(report, f, edges, &first);
	}
	snprintf(f->former, sizeof(f->former), "%016llx", (unsigned long long)former);
	snprintf(f->fingerprint, sizeof(f->fingerprint), "%016llx", (unsigned long long)hash);
	return first;
}
