/*
 * cycle_place.c — the place of a cycle, and how many places the cycles of one fingerprint have.
 *
 * A fingerprint has functions and classes of locks, no lines. So two cycles of one fingerprint may
 * be two mistakes: in two files of the same name, or, if it is not known which locks they are, in
 * the same functions. The place tells them apart:
 *
 * - of a lock that is alone of its class in the cycle, it has the files in which the lock was
 *   acquired: what is done to this lock at other lines of the same functions is the same mistake;
 * - of any other lock, it has the lines of its own site, and of the function that made the order.
 *
 * Where there are no lines, the place has addresses in the object. An object that contains the same
 * code as another has other addresses, so these places are counted in each object alone.
 */
#include "tools/report/report_internal.h"
#include "tools/util/path.h"

#include <string.h>

/* What the place of one finding is made of. */
struct place {
	struct lh_report *report;
	const struct lh_acquired *all;
	uint32_t parts;
	const char *module; /* whose addresses it has; NULL none */
};

static bool is_alone(const struct place *p, uint32_t one)
{
	const struct lh_acquired *a = &p->all[one];

	for (uint32_t i = 0; a->class && i < 2 * p->parts; i += 2)
		if (p->all[i].step && p->all[i].step->lock != a->step->lock && p->all[i].class &&
		    strcmp(p->all[i].class, a->class) == 0)
			return false;
	return a->class != NULL;
}

static const char *address_text(struct place *p, const char *module, uint64_t offset)
{
	p->module = module ? module : "";
	return lh_arena_printf(p->report->arena, "%s+%#llx/", lh_path_base(p->module),
			       (unsigned long long)offset);
}

static const char *line_text(struct place *p, const struct lh_report_frame *f)
{
	if (!f->file || !f->line)
		return address_text(p, f->module, f->offset);
	return lh_arena_printf(p->report->arena, "%s:%u:%u/", f->file, f->line, f->column);
}

/* A variable of the same name in another file is another lock. */
static const char *file_text(struct place *p, const struct lh_report_frame *f,
			     const struct lh_report_lock *lock)
{
	const char *at;

	if (f->file)
		return lh_arena_printf(p->report->arena, "%s/", f->file);
	at = lock && lock->variable
		     ? lh_report_data_place(p->report, lock->process, lh_lock_address(&lock->row))
		     : NULL;
	if (!at)
		return "";
	p->module = f->module ? f->module : "";
	return lh_arena_printf(p->report->arena, "%s/", at);
}

static const char *step_text(struct place *p, uint32_t one)
{
	const struct lh_acquired *a = &p->all[one];
	const char *text = "";
	struct lh_site_frames own;
	bool alone;
	uint32_t n;

	if (!a->step)
		return text;
	n = lh_own_frames(p->all, p->parts, one, LH_RECIPE_3, &own);
	alone = is_alone(p, one);
	for (uint32_t i = 0; i < n && i < own.n; i++)
		text = lh_arena_printf(p->report->arena, "%s%s", text,
				       alone ? file_text(p, own.at[i], a->step->lock)
					     : line_text(p, own.at[i]));
	return text;
}

static const char *part_text(struct place *p, uint32_t part)
{
	const struct lh_report_frame *order[2];
	const char *holds = step_text(p, 2 * part), *wants = step_text(p, 2 * part + 1);
	bool alone = is_alone(p, 2 * part) && is_alone(p, 2 * part + 1);

	if (alone || !lh_order_frames(p->report, p->all, p->parts, part, order))
		return lh_arena_printf(p->report->arena, "%s %s", holds, wants);
	return lh_arena_printf(p->report->arena, "%s %s %s%s", holds, wants, line_text(p, order[0]),
			       line_text(p, order[1]));
}

/* As fingerprint.c does: a cycle has no beginning. */
static bool is_before(const char **text, uint32_t n, uint32_t a, uint32_t b)
{
	for (uint32_t k = 0; k < n; k++) {
		int order = strcmp(text[(a + k) % n], text[(b + k) % n]);

		if (order)
			return order < 0;
	}
	return false;
}

void lh_cycle_place_make(struct lh_report *report, struct lh_report_finding *f,
			 const struct lh_acquired *all)
{
	struct place p = {.report = report, .all = all, .parts = f->cycle_parts};
	const struct lh_report_part *join = lh_report_joining_part(f);
	uint32_t n = f->cycle_parts, first = 0;
	const char **text = lh_arena_alloc(report->arena, (n + 1) * sizeof(*text));

	f->cycle_place = "";
	/* the fingerprint has no more of a join than the joiner */
	for (uint32_t i = 0; i < n; i++)
		text[i] = join && join != &f->part[i] ? "" : part_text(&p, i);
	for (uint32_t i = 1; i < n; i++)
		if (is_before(text, n, i, first))
			first = i;
	for (uint32_t i = 0; i < n; i++)
		f->cycle_place = lh_arena_printf(report->arena, "%s%s\n", f->cycle_place,
						 text[(first + i) % n]);
	f->cycle_place_module = p.module;
}

/* ---- several places ---- */

static bool counts(const struct lh_report_finding *f, const struct lh_report_finding *one)
{
	return (one->status == LH_SUPPRESSED) == (f->status == LH_SUPPRESSED);
}

/* Is merged[i] the first with its place in the module? NULL: the place has lines. */
static bool is_first(const struct lh_report_finding *f, uint32_t i, const char *module)
{
	const struct lh_report_finding *one = f->merged[i];

	if (!counts(f, one) || !one->cycle_place_module != !module ||
	    (module && strcmp(one->cycle_place_module, module) != 0))
		return false;
	for (uint32_t k = 0; k < i; k++)
		if (counts(f, f->merged[k]) &&
		    strcmp(f->merged[k]->cycle_place, one->cycle_place) == 0)
			return false;
	return true;
}

static uint32_t count_in(const struct lh_report_finding *f, const char *module)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < f->mergeds; i++)
		n += is_first(f, i, module);
	return n;
}

uint32_t lh_report_places(const struct lh_report_finding *f)
{
	uint32_t n = count_in(f, NULL), most = 0;

	for (uint32_t i = 0; i < f->mergeds; i++) {
		const char *module = f->merged[i]->cycle_place_module;
		uint32_t in = module ? count_in(f, module) : 0;

		most = in > most ? in : most;
	}
	return n + most ? n + most : 1;
}
