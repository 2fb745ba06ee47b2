/*
 * text.c — the text report: each finding in the form that the style asks for, filtered findings,
 * and what is said of a whole run.
 */
#include "tools/render/text_paint.h"

#include <stdlib.h>

void lh_render_text_finding(const struct lh_report *report, const struct lh_report_finding *f,
			    struct lh_render_text_style style, FILE *out)
{
	struct lh_view v = lh_view_open(report, &style, out);

	if (style.brief)
		lh_text_finding_short(&v, f);
	else
		lh_text_finding_long(&v, f);
	lh_view_close(&v);
}

/* ---- filtered findings ---- */

static void show_filtered(struct lh_view *v)
{
	for (uint32_t i = 0; i < v->report->filtereds; i++) {
		const struct lh_report_finding *f = v->report->filtered[i];

		lh_text_say(v, LH_PLAIN, "filtered (%s): %s [%s]\n", lh_name_filter(f->filter),
			    lh_view_clean(v, f->message), lh_name_rule(f->rule));
		lh_text_say(v, LH_DIM, "  because %s\n", lh_name_filter_reason(f->filter));
		for (uint32_t k = 0; k < f->steps; k++) {
			const char *at = lh_text_where(v, f->step[k].frame);

			lh_text_say(v, LH_PLAIN, "  %s %s%s%s\n",
				    lh_view_clean(
					    v, lh_report_thread_text(v->report, f->step[k].thread)),
				    lh_view_clean(v, lh_report_step_text(v->report, f, &f->step[k],
									 false)),
				    at ? "  " : "", at ? at : "");
		}
	}
	if (v->report->filtereds)
		fputc('\n', v->out);
}

/* ---- the end of a report ---- */

/* " (1 new, 2 baseline)"; counts of 0 are left out, except of new findings. */
static void show_statuses(struct lh_view *v)
{
	uint32_t n[LH_SUPPRESSED + 1] = {0};

	if (!v->report->findings)
		return;
	for (uint32_t i = 0; i < v->report->findings; i++)
		n[v->report->finding[i]->status]++;
	lh_text_say(v, LH_BOLD, " (%u new", n[LH_NEW]);
	for (enum lh_status s = LH_BASELINE; s <= LH_SUPPRESSED; s++)
		if (n[s])
			lh_text_say(v, LH_BOLD, ", %u %s", n[s], lh_name_status(s));
	lh_text_say(v, LH_BOLD, ")");
}

static void show_count(struct lh_view *v, const struct lh_totals *t)
{
	const struct lh_report *report = v->report;
	const char *verdicts = lh_report_verdicts(report);

	lh_text_say(v, LH_BOLD, "lockhound: %s, %s, %s, %s: %s",
		    lh_view_count(v, report->processes, "process", "processes"),
		    lh_view_count(v, t->locks, "lock", "locks"),
		    lh_view_count(v, t->acquired, "operation", "operations"),
		    lh_view_count(v, t->threads, "thread", "threads"),
		    lh_view_count(v, report->findings, "finding", "findings"));
	if (verdicts)
		lh_text_say(v, LH_BOLD, ": %s", verdicts);
	show_statuses(v);
	if (report->filtereds && !v->style->filtered)
		lh_text_say(v, LH_PLAIN, ", %u filtered", report->filtereds);
	if (v->style->next)
		lh_text_say(v, LH_PLAIN, " -- next: %s", lh_view_clean(v, v->style->next));
	fputc('\n', v->out);
}

static void show_summary(struct lh_view *v)
{
	const struct lh_totals totals = lh_view_totals(v->report);
	const struct lh_limits limits = lh_view_limits(v);
	const char *futexes = lh_view_futex_waits(v), *shake = lh_view_shake(v);

	if (v->style->filtered)
		show_filtered(v);
	if (v->style->locks)
		lh_render_text_locks(v);
	for (uint32_t i = 0; i < v->report->notes; i++)
		lh_text_say(v, LH_PLAIN, "lockhound: note: %s\n",
			    lh_view_clean(v, v->report->note[i]));
	if (futexes)
		lh_text_say(v, LH_PLAIN, "lockhound: note: %s\n", futexes);
	for (uint32_t i = 0; i < limits.n; i++)
		lh_text_say(v, LH_MAGENTA, "lockhound: %s\n", limits.text[i]);
	if (shake)
		lh_text_say(v, LH_PLAIN, "lockhound: %s\n", shake);
	if (v->style->errors)
		lh_text_list_errors(v);
	show_count(v, &totals);
}

static void show_summary_of_run(struct lh_view *v)
{
	lh_text_later_variants(v);
	show_summary(v);
}

void lh_render_text_summary(const struct lh_report *report, struct lh_render_text_style style,
			    FILE *out)
{
	lh_render(show_summary_of_run, report, &style, out);
}

void lh_render_text(struct lh_view *v)
{
	for (uint32_t i = 0; i < v->report->findings; i++)
		lh_render_text_finding(v->report, v->report->finding[i], *v->style, v->out);
	show_summary(v);
}

const char *lh_text_finding_lines(struct lh_view *v, const struct lh_report_finding *f)
{
	struct lh_render_text_style style = {.source = v->style->source};
	char *text = NULL;
	const char *copy;
	size_t n = 0;
	FILE *memory = open_memstream(&text, &n);

	if (!memory)
		return "";
	lh_render_text_finding(v->report, f, style, memory);
	fclose(memory);
	copy = lh_arena_strdup(v->arena, text ? text : "");
	free(text);
	return copy;
}
