/* cycle_parts.c — groups the steps of a finding by thread and finds the cycle of these parts. */
#include "tools/report/report_internal.h"

static bool starts_part(const struct lh_report_step *before, const struct lh_report_step *a)
{
	if (before->thread != a->thread)
		return true;
	if (before->action == LH_WANTS || before->action == LH_WAITS_FOR)
		return true; /* a wait is a thread's last step: this is another thread's */
	return a->action == LH_HOLDS && before->action != LH_HOLDS;
}

static void add_part(struct lh_report *report, struct lh_report_finding *f, uint32_t first,
		     uint32_t n)
{
	struct lh_report_part part = {.thread = f->step[first].thread, .first = first, .n = n};
	struct lh_report_part *list =
		(struct lh_report_part *)f->part; /* const only for renderers */

	for (uint32_t i = first; i < first + n; i++) {
		if (f->step[i].action != LH_HOLDS)
			part.does = &f->step[i];
		else if (!part.holds)
			part.holds = &f->step[i];
	}
	LH_PUSH(report->arena, list, f->parts, part);
	f->part = list;
}

/* Of all locks that the part holds, `holds` must be the one that the previous part waits for. */
static bool link_parts(const struct lh_report_finding *f, struct lh_report_part *part,
		       const struct lh_report_lock *wanted)
{
	for (uint32_t i = part->first; wanted && i < part->first + part->n; i++)
		if (f->step[i].action == LH_HOLDS && f->step[i].lock == wanted) {
			part->holds = &f->step[i];
			return true;
		}
	return false;
}

/*
 * By class, the previous part may wait for another lock of the class, so the locks are not
 * compared; `holds` is then the first hold.
 */
static bool closes(struct lh_report_finding *f, uint32_t n)
{
	struct lh_report_part *part = (struct lh_report_part *)f->part;
	bool is_cycle = true;

	for (uint32_t i = 0; i < n && is_cycle; i++) {
		const struct lh_report_part *before = &part[(i + n - 1) % n];

		is_cycle = before->does && part[i].holds && part[i].holds->lock &&
			   (f->by_class || link_parts(f, &part[i], before->does->lock));
	}
	return is_cycle;
}

/* True if the part holds what a part of the cycle waits for: a semaphore has many holders. */
static bool is_holder(const struct lh_report_finding *f, struct lh_report_part *part)
{
	bool holds = false;

	for (uint32_t i = 0; i < f->cycle_parts && part->does && !holds; i++)
		holds = link_parts(f, part, f->part[i].does->lock);
	return holds;
}

/* Sets `cycle`. Parts after the cycle are left out of it. A joiner that was told of the end does
 * not wait in a cycle. */
static void close_cycle(struct lh_report_finding *f)
{
	struct lh_report_part *part = (struct lh_report_part *)f->part;
	uint32_t n = f->parts;

	while (n > 1 && !closes(f, n))
		n--;
	f->cycle = lh_rule_is(f->rule, LH_IS_CYCLE) && !f->told && n > 1;
	f->cycle_parts = f->cycle ? n : 0;
	for (uint32_t i = f->cycle_parts; i < f->parts && f->cycle; i++)
		part[i].queued_writer = f->by_class || !is_holder(f, &part[i]);
}

const struct lh_report_step *lh_report_ended_by(const struct lh_report_finding *f)
{
	const struct lh_report_step *last = f->steps ? &f->step[f->steps - 1] : NULL;

	return f->ended && last && (last->action == LH_RELEASES || last->action == LH_CALLS) ? last
											     : NULL;
}

void lh_report_group_steps(struct lh_report *report, struct lh_report_finding *f)
{
	uint32_t first = 0, n = f->steps - (lh_report_ended_by(f) != NULL);

	for (uint32_t i = 1; i <= n; i++)
		if (i == n || starts_part(&f->step[i - 1], &f->step[i])) {
			add_part(report, f, first, i - first);
			first = i;
		}
	close_cycle(f);
}

const struct lh_report_part *lh_report_joining_part(const struct lh_report_finding *f)
{
	const struct lh_report_part *join = NULL;
	uint32_t joins = 0;

	if (f->told)
		return f->part;
	if (f->rule != LH_RULE_LOCK_ORDER || f->cycle_parts != 2)
		return NULL;
	for (uint32_t i = 0; i < 2 && i < f->parts; i++) {
		const struct lh_report_step *a = f->part[i].does;

		if (a && a->lock && a->lock->row.kind == LH_THREAD_END) {
			join = &f->part[i];
			joins++;
		}
	}
	return joins == 1 ? join : NULL;
}
