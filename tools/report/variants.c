/*
 * variants.c — findings of one fingerprint are one finding: keeps each call path and each place
 * once, chooses the one to show, and lists the other call paths to its place as variants, and the
 * other places.
 */
#include "tools/report/report_internal.h"

#include <stdlib.h>
#include <string.h>

static uint64_t part_path(const struct lh_report_part *part)
{
	return 31 * lh_call_path_hash(part->holds) + lh_call_path_hash(part->does);
}

static uint64_t path_of(const struct lh_report_finding *f)
{
	uint64_t hash = 0;

	for (uint32_t i = 0; i < f->cycle_parts; i++)
		hash = hash * 0x100000001b3ull + part_path(&f->part[i]);
	return lh_fingerprint_hash(hash, f->cycle_place);
}

static bool has_path(const struct lh_report_finding *f, uint64_t path)
{
	for (uint32_t i = 0; i < f->mergeds; i++)
		if (f->merged[i]->path == path)
			return true;
	return false;
}

static bool same_place(const struct lh_report_finding *a, const struct lh_report_finding *b)
{
	return strcmp(a->cycle_place, b->cycle_place) == 0;
}

static bool has_place(const struct lh_report_finding *f, const struct lh_report_finding *one)
{
	for (uint32_t i = 0; i < f->mergeds; i++)
		if (f->merged[i]->status == one->status && same_place(f->merged[i], one))
			return true;
	return false;
}

/* What belongs to all call paths stays; the rest is now that of `one`. */
static void show(struct lh_report *report, struct lh_report_finding *f,
		 const struct lh_report_finding *one)
{
	const struct lh_report_finding old = *f;

	*f = *one;
	f->level = old.level;
	f->severity = old.severity;
	f->open = old.open;
	f->count = old.count;
	f->processes = old.processes;
	f->seen = old.seen;
	f->duration_ns = old.duration_ns;
	f->known = old.known ? old.known : one->known;
	f->merged = old.merged;
	f->mergeds = old.mergeds;
	f->other_place = old.other_place;
	f->other_places = old.other_places;
	f->proof = old.proof;
	f->help = f->proof ? old.help : f->help;
	f->message = f->level != one->level
			     ? lh_report_message(report, f)
			     : lh_report_proved_message(report, f->proof, f->message);
}

/* ---- more places than the baseline has ---- */

/* Which of the places are those of the baseline is not known, so all are new. */
static void make_new(struct lh_report *report, struct lh_report_finding *f)
{
	struct lh_report_finding *merged;
	uint32_t places = lh_report_places(f);

	f->status = LH_NEW;
	f->known = lh_arena_printf(
		report->arena, "the baseline has %u place%s of this fingerprint, this run has %u",
		f->entry_places, f->entry_places == 1 ? "" : "s", places);
	for (uint32_t i = 0; i < f->mergeds; i++) {
		merged = (struct lh_report_finding *)f->merged[i]; /* const only for renderers */
		if (merged->status == LH_BASELINE)
			merged->status = LH_NEW;
	}
}

/* Is the finding known by its own entry, which has fewer places? */
static bool exceeds(const struct lh_report_finding *f)
{
	return f->status == LH_BASELINE && f->entry_places && lh_report_places(f) > f->entry_places;
}

/* Counts `copy` as new if the places before it were more than the baseline has. */
static bool exceeded_before(struct lh_report *report, struct lh_report_finding *f,
			    const struct lh_report_finding *copy)
{
	if (f->status != LH_NEW || copy->status != LH_BASELINE || !f->entry_places)
		return false;
	make_new(report, f);
	return true;
}

static bool is_fresh(struct lh_report *report, struct lh_report_finding *f,
		     const struct lh_report_finding *copy, bool other_place)
{
	if (other_place && exceeds(f)) {
		make_new(report, f);
		return true;
	}
	if (exceeded_before(report, f, copy))
		return other_place;
	return copy->status == LH_NEW && (f->status != LH_NEW || other_place);
}

bool lh_report_merge(struct lh_report *report, struct lh_report_finding *f,
		     const struct lh_report_finding *more)
{
	struct lh_report_finding *copy;
	uint64_t path = path_of(more);
	bool other_place;

	if (f->cycle && has_path(f, path))
		return false;
	copy = lh_arena_alloc(report->arena, sizeof(*copy));
	*copy = *more;
	copy->path = path;
	other_place = f->mergeds && !has_place(f, copy);
	if (f->cycle)
		LH_PUSH(report->arena, f->merged, f->mergeds, copy);
	if (!is_fresh(report, f, copy, other_place))
		return false;
	show(report, f, copy);
	if (other_place)
		lh_report_list_places(report, f);
	return true;
}

bool lh_report_is_first_former(const struct lh_report_finding *f, uint32_t i)
{
	for (uint32_t k = 0; k < i; k++)
		if (strcmp(f->merged[k]->former, f->merged[i]->former) == 0)
			return false;
	return true;
}

/* ---- the one to show ---- */

static uint32_t cut_stacks(const struct lh_report_finding *f)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < f->steps; i++)
		n += f->step[i].stack->cut || f->step[i].stack->approximate;
	return n;
}

static uint32_t frames(const struct lh_report_finding *f)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < f->steps; i++)
		n += f->step[i].stack->n;
	return n;
}

/* Complete stacks before others, short ones before long ones; then by names and lines, as no run
 * differs. */
static bool is_clearer(const struct lh_report_finding *a, const struct lh_report_finding *b)
{
	uint32_t cut_a = cut_stacks(a), cut_b = cut_stacks(b), n_a = frames(a), n_b = frames(b);
	int order = strcmp(a->former, b->former);

	if (cut_a != cut_b)
		return cut_a < cut_b;
	if (n_a != n_b)
		return n_a < n_b;
	if (!order)
		order = strverscmp(a->cycle_place, b->cycle_place);
	return order ? order < 0 : a->path < b->path;
}

/* `at`: only of its place; NULL: of all places. */
static const struct lh_report_finding *clearest(const struct lh_report_finding *f,
						const struct lh_report_finding *at)
{
	const struct lh_report_finding *best = NULL;

	for (uint32_t i = 0; i < f->mergeds; i++) {
		const struct lh_report_finding *m = f->merged[i];

		if (m->status == f->status && (at ? same_place(m, at) : m->ended == f->ended) &&
		    (!best || is_clearer(m, best)))
			best = m;
	}
	return best;
}

/* ---- the other places ---- */

static int by_place(const void *a, const void *b)
{
	return strverscmp((*(const struct lh_report_finding *const *)a)->cycle_place,
			  (*(const struct lh_report_finding *const *)b)->cycle_place);
}

void lh_report_list_places(struct lh_report *report, struct lh_report_finding *f)
{
	const struct lh_report_finding **list = NULL;
	uint32_t n = 0;

	for (uint32_t i = 0; i < f->mergeds; i++) {
		const struct lh_report_finding *m = f->merged[i];

		if (m->status == f->status && !same_place(m, f) && clearest(f, m) == m)
			LH_PUSH(report->arena, list, n, m);
	}
	if (n > 1)
		qsort(list, n, sizeof(*list), by_place);
	f->other_place = list;
	f->other_places = n;
}

/* ---- the other call paths ---- */

struct seen {
	struct lh_map paths; /* of one part */
	struct lh_report_variant *list;
	uint32_t n;
};

static bool is_first(struct lh_report *report, struct seen *s, const struct lh_report_part *part)
{
	uint64_t path = part_path(part);
	bool *known = lh_map_get(&s->paths, report->arena, &path, sizeof(path), sizeof(*known)),
	     first = !*known;

	*known = true;
	return first;
}

static int by_function(const struct lh_report_stack *a, const struct lh_report_stack *b)
{
	for (uint32_t i = 0; i < a->n && i < b->n; i++) {
		const char *x = a->frame[i].function, *y = b->frame[i].function;
		int order = strcmp(x ? x : "", y ? y : "");

		if (order)
			return order;
		if (a->frame[i].offset != b->frame[i].offset)
			return a->frame[i].offset < b->frame[i].offset ? -1 : 1;
	}
	return (a->n > b->n) - (a->n < b->n);
}

/* By the stack of the last step, then by that of the hold; a part of a cycle has both. */
static int by_call_path(const void *a, const void *b)
{
	const struct lh_report_part *x = ((const struct lh_report_variant *)a)->part,
				    *y = ((const struct lh_report_variant *)b)->part;
	int order = x->does && y->does ? by_function(x->does->stack, y->does->stack) : 0;

	return order || !x->holds || !y->holds ? order
					       : by_function(x->holds->stack, y->holds->stack);
}

static void list_part(struct lh_report *report, const struct lh_report_finding *f, uint32_t i,
		      struct seen *s)
{
	uint32_t before = s->n;

	s->paths = (struct lh_map){0};
	is_first(report, s, &f->part[i]);
	for (uint32_t k = 0; k < f->mergeds; k++) {
		const struct lh_report_finding *m = f->merged[k];

		if (m->status == f->status && same_place(m, f) && i < m->parts &&
		    is_first(report, s, &m->part[i]))
			LH_PUSH(report->arena, s->list, s->n,
				((struct lh_report_variant){m, &m->part[i]}));
	}
	if (s->n > before)
		qsort(s->list + before, s->n - before, sizeof(*s->list), by_call_path);
}

void lh_report_list_variants(struct lh_report *report, struct lh_report_finding *f)
{
	const struct lh_report_finding *best = clearest(f, NULL);
	struct seen s = {.n = 0};

	if (f->mergeds < 2 || !best)
		return;
	show(report, f, best);
	lh_report_list_places(report, f);
	for (uint32_t i = 0; i < f->parts; i++)
		list_part(report, f, i, &s);
	f->variant = s.list;
	f->variants = s.n;
}
