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

static void list_dropped(struct lh_view *v, const char **text, uint64_t n, const char *one,
			 const char *many)
{
	if (n)
		*text = lh_arena_printf(v->arena, "%s%s%s", *text ? *text : "", *text ? ", " : "",
					lh_view_count(v, n, one, many));
}

static void show_dropped(struct lh_view *v, const struct lh_totals *t)
{
	const char *text = NULL;

	list_dropped(v, &text, t->dropped_locks, "lock", "locks");
	list_dropped(v, &text, t->dropped_stacks, "stack", "stacks");
	list_dropped(v, &text, t->dropped_chains, "dependency", "dependencies");
	list_dropped(v, &text, t->dropped_events, "event", "events");
	list_dropped(v, &text, t->dropped_findings, "finding", "findings");
	list_dropped(v, &text, t->searches_cut, "cycle search", "cycle searches");
	if (text)
		lh_text_say(v, LH_MAGENTA, "lockhound: dropped: %s; results may be incomplete\n",
			    text);
}

/* What limits the results without being dropped. */
static void show_limits(struct lh_view *v, const struct lh_totals *t)
{
	/* Calls of a signal handler that interrupted the library in its thread. */
	if (t->unrecorded)
		lh_text_say(v, LH_MAGENTA,
			    "lockhound: not recorded: %s in signal handlers that interrupted "
			    "liblockhound\n",
			    lh_view_count(v, t->unrecorded, "call", "calls"));
	/* Without its location, a process-shared lock cannot be matched with that of another
	 * process. */
	if (t->locations_unknown)
		lh_text_say(v, LH_MAGENTA,
			    "lockhound: the memory of %s is unknown: cycles through other "
			    "processes that "
			    "share it are not found\n",
			    lh_view_count(v, t->locations_unknown, "process-shared lock",
					  "process-shared locks"));
}

/* The seed of the delays, which all processes of one run share. */
static void show_shake(struct lh_view *v, const struct lh_totals *t)
{
	const char *delays = lh_view_count(v, t->shakes, "delay", "delays"),
		   *time = lh_report_time(v->report, t->shaken_ns);

	if (t->several_seeds)
		lh_text_say(v, LH_PLAIN, "lockhound: several delay seeds: %s, %s\n", delays, time);
	else if (t->seed)
		lh_text_say(v, LH_PLAIN,
			    "lockhound: delay seed %u: %s, %s; --shake=%u repeats them\n", t->seed,
			    delays, time, t->seed);
}

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

/* A sentence; NULL: there was no such wait. */
static const char *futex_waits(struct lh_view *v)
{
	struct lh_futex_waits all = lh_report_futex_waits(v->report);

	if (!all.n)
		return NULL;
	return lh_arena_printf(
		v->arena, "%s on locks that lockhound cannot intercept: %s in all, the longest %s",
		lh_view_count(v, all.n, "futex wait", "futex waits"),
		lh_report_time(v->report, all.ns), lh_report_time(v->report, all.max_ns));
}

static void show_summary(struct lh_view *v)
{
	const struct lh_totals totals = lh_view_totals(v->report);
	const char *futexes = futex_waits(v);

	if (v->style->filtered)
		show_filtered(v);
	if (v->style->locks)
		lh_render_text_locks(v);
	for (uint32_t i = 0; i < v->report->notes; i++)
		lh_text_say(v, LH_PLAIN, "lockhound: note: %s\n",
			    lh_view_clean(v, v->report->note[i]));
	if (futexes)
		lh_text_say(v, LH_PLAIN, "lockhound: note: %s\n", futexes);
	show_dropped(v, &totals);
	show_limits(v, &totals);
	show_shake(v, &totals);
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
