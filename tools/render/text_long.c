/*
 * text_long.c — the long form of a finding: a block for each thread with source and stacks, and all
 * call paths.
 */
#include "tools/render/text_paint.h"
#include "tools/symbols/source_lines.h"

/* ---- stacks ---- */

static void show_source(struct lh_view *v, const struct lh_report_frame *f, const char *step_text)
{
	struct lh_source_lines s;

	if (!v->style->source || !f->file || !f->line ||
	    !lh_source_read(v->arena, f->file, f->line, f->column, &s))
		return;
	for (uint32_t i = 0; i < s.n; i++) {
		bool here = s.first + i == f->line;

		lh_text_say(v, LH_BLUE, "      %5u |", s.first + i);
		lh_text_say(v, here ? LH_BOLD : LH_PLAIN, "%s%s\n", s.line[i][0] ? " " : "",
			    lh_view_clean(v, s.line[i]));
		if (here && f->column) {
			lh_text_say(v, LH_BLUE, "            |");
			lh_text_say(v, LH_RED, " %*s^ %s\n", (int)s.mark, "", step_text);
		}
	}
}

static void show_at(struct lh_view *v, const struct lh_report_frame *f, const char *step_text)
{
	if (!f)
		return;
	lh_text_say(v, LH_BLUE, "     --> ");
	lh_text_say(v, LH_PLAIN, "%s  %s\n", lh_text_position(v, f),
		    f->function ? lh_view_clean(v, f->function) : "(no name)");
	show_source(v, f, step_text);
}

static void show_frame(struct lh_view *v, uint32_t number, const struct lh_report_frame *f)
{
	const char *at = lh_text_where(v, f);

	lh_text_say(v, LH_PLAIN, "      #%-2u ", number);
	lh_text_say(v, LH_BOLD, "%s", f->function ? lh_view_clean(v, f->function) : "??");
	if (at)
		lh_text_say(v, LH_PLAIN, "  %s", at);
	if (f->script)
		lh_text_say(v, LH_PLAIN, "\n");
	else
		lh_text_say(v, LH_DIM, "  (%s%s)\n", lh_text_in_module(v, f),
			    f->inlined ? ", inlined" : "");
}

static void show_stack(struct lh_view *v, const struct lh_report_stack *t)
{
	uint32_t shown = 0;

	for (uint32_t i = 0; i < t->n; i++)
		if (!t->frame[i].ours)
			show_frame(v, shown++, &t->frame[i]);
	if (t->cut)
		lh_text_say(v, LH_DIM, "      ... the stack continues\n");
	if (t->approximate)
		lh_text_say(v, LH_DIM, "      (approximate: code without unwind tables)\n");
	if (!t->n)
		lh_text_say(v, LH_DIM, "      (no stack was recorded)\n");
}

/* ---- threads ---- */

static const char *step_text(struct lh_view *v, const struct lh_report_finding *f,
			     const struct lh_report_step *a, bool now)
{
	return lh_view_clean(v, lh_report_step_text(v->report, f, a, now));
}

static void show_step(struct lh_view *v, const struct lh_report_finding *f,
		      const struct lh_report_step *a)
{
	const char *done = step_text(v, f, a, false);

	lh_text_say(v, LH_PLAIN, "    %s\n", done);
	/* The end lock of a thread is held from create to exit: no call acquired it. */
	if (a->lock && a->lock->row.kind == LH_THREAD_END && a->action == LH_HOLDS)
		return;
	show_at(v, a->frame, done);
	show_stack(v, a->stack);
}

static void show_created(struct lh_view *v, const struct lh_report_thread *thread)
{
	const struct lh_report_frame *f = thread ? lh_report_place(thread->created) : NULL;
	const char *at;

	if (!f || f->system)
		return;
	at = lh_text_where(v, f);
	lh_text_say(v, LH_DIM, "    (thread created in %s at %s)\n",
		    f->function ? lh_view_clean(v, f->function) : "??",
		    at ? at : lh_text_in_module(v, f));
}

static void show_part(struct lh_view *v, const struct lh_report_finding *f, uint32_t number)
{
	const struct lh_report_part *part = &f->part[number];

	lh_text_say(v, LH_BOLD, "\n  %s",
		    lh_view_clean(v, lh_report_thread_text(v->report, part->thread)));
	/* not again if the thread is named by its pid */
	if (part->thread && part->thread->tid > 0 && part->thread->tid != part->thread->foreign_tid)
		lh_text_say(v, LH_PLAIN, " (%d)", part->thread->tid);
	if (part->thread && part->thread->process != f->process && !part->thread->foreign_tid)
		lh_text_say(
			v, LH_PLAIN, " in %s",
			lh_view_clean(v, lh_report_process_text(v->report, part->thread->process)));
	lh_text_say(v, LH_PLAIN, part->queued_writer ? " must wait as a queued writer\n" : "\n");
	for (uint32_t i = part->first; i < part->first + part->n; i++)
		show_step(v, f, &f->step[i]);
	show_created(v, part->thread);
}

/* Who ended a deadlock that did not last. */
static void show_ended_by(struct lh_view *v, const struct lh_report_finding *f)
{
	const struct lh_report_step *by = lh_report_ended_by(f);

	if (!by)
		return;
	lh_text_say(v, LH_BOLD, "\n  %s\n",
		    lh_view_clean(v, lh_report_thread_text(v->report, by->thread)));
	show_step(v, f, by);
}

/* ---- variants ---- */

static void show_call_path(struct lh_view *v, const struct lh_report_finding *f,
			   const struct lh_report_part *part)
{
	for (uint32_t i = part->first; i < part->first + part->n; i++) {
		const struct lh_report_step *a = &f->step[i];

		if (a == part->holds || a == part->does)
			lh_text_say(v, LH_PLAIN, "    %s%s%s %s: %s\n",
				    a->frame ? lh_text_position(v, a->frame) : "",
				    a->frame ? ": " : "",
				    lh_view_clean(v, lh_report_thread_text(v->report, a->thread)),
				    step_text(v, f, a, false), lh_view_call_path(v, a));
	}
}

static void list_variants(struct lh_view *v, const struct lh_report_finding *f)
{
	for (uint32_t i = 0; i < f->variants; i++)
		show_call_path(v, f->variant[i].finding, f->variant[i].part);
}

static void show_variants(struct lh_view *v, const struct lh_report_finding *f)
{
	const char *text = lh_view_variants(v, f);

	if (!text)
		return;
	lh_text_say(v, LH_PLAIN, "\n  %s%s\n", text, v->style->variants ? ":" : " (-v lists them)");
	if (v->style->variants)
		list_variants(v, f);
}

/* The other places of the finding, each with its steps. */
static void show_places(struct lh_view *v, const struct lh_report_finding *f)
{
	const char *text = lh_view_places(v, f);

	if (text)
		lh_text_say(v, LH_PLAIN, "\n  %s\n", text);
	for (uint32_t i = 0; i < f->other_places && (i < PLACES_MAX || v->style->variants); i++)
		for (uint32_t k = 0; k < f->other_place[i]->parts; k++)
			show_call_path(v, f->other_place[i], &f->other_place[i]->part[k]);
}

/* A run prints a finding as soon as it is found, and later ones may be its variants. So which call
 * path was printed is not known here: lists all. */
void lh_text_later_variants(struct lh_view *v)
{
	for (uint32_t i = 0; i < v->report->findings; i++) {
		const struct lh_report_finding *f = v->report->finding[i];
		const char *text = f->status == LH_NEW ? lh_view_variants(v, f) : NULL;

		if (!text)
			continue;
		lh_text_say(v, LH_PLAIN, "lockhound: %s %s: %s%s\n", lh_name_rule(f->rule),
			    f->fingerprint, text,
			    v->style->variants ? "; all are:" : " (-v lists them)");
		for (uint32_t k = 0; k < f->parts && v->style->variants; k++)
			show_call_path(v, f, &f->part[k]);
		if (v->style->variants)
			list_variants(v, f);
	}
}

/* ---- findings ---- */

/* file:line:column: error: message [rule] */
static void show_diagnostic(struct lh_view *v, const struct lh_report_finding *f)
{
	lh_text_say(v, LH_BOLD, "%s: ",
		    f->frame ? lh_text_position(v, f->frame) : lh_view_clean(v, f->process->comm));
	lh_text_say(v, lh_text_severity_paint(f->severity), "%s: ", lh_name_severity(f->severity));
	lh_text_say(v, LH_BOLD, "%s", lh_view_clean(v, f->message));
	lh_text_say(v, LH_PLAIN, " [%s]\n", lh_name_rule(f->rule));
}

static void show_title(struct lh_view *v, const struct lh_report_finding *f)
{
	const char *cycle = lh_report_cycle_text(v->report, f);

	lh_text_say(v, LH_BOLD, "\nlockhound: %s", f->title);
	lh_text_say(v, LH_PLAIN, " (%s)  id %s\n", lh_view_certainty(f), f->fingerprint);
	if (v->report->processes > 1)
		lh_text_say(v, LH_PLAIN, "  in %s\n",
			    lh_view_clean(v, lh_report_process_text(v->report, f->process)));
	if (cycle)
		lh_text_say(v, LH_BOLD, "  %s\n", lh_view_clean(v, cycle));
	if (f->count > 1 && f->processes > 1)
		lh_text_say(v, LH_PLAIN, "  seen %llu times in %u processes\n",
			    (unsigned long long)f->count, f->processes);
	else if (f->count > 1)
		lh_text_say(v, LH_PLAIN, "  seen %llu times\n", (unsigned long long)f->count);
	if (f->status != LH_NEW)
		lh_text_say(v, LH_PLAIN, "  %s%s%s\n", lh_name_status(f->status),
			    f->reason ? ": " : "", lh_view_clean(v, f->reason));
	if (f->known)
		lh_text_say(v, LH_PLAIN, "  %s\n", lh_view_clean(v, f->known));
}

static void show_proof(struct lh_view *v, const struct lh_report_finding *f)
{
	if (!f->proof)
		return;
	lh_text_say(v, lh_text_verdict_paint(f->proof->verdict),
		    "  %s: ", lh_name_verdict(f->proof->verdict));
	lh_text_say(v, LH_PLAIN, "%s.\n", lh_view_clean(v, f->proof->reason));
	if (!f->proof->replay)
		return;
	lh_text_say(v, LH_GREEN, "  again: ");
	lh_text_say(v, LH_PLAIN, "%s\n", lh_view_clean(v, f->proof->replay));
}

static void show_end(struct lh_view *v, const struct lh_report_finding *f)
{
	const char *schedule = lh_report_schedule(v->report, f);

	if (schedule)
		lh_text_say(v, LH_PLAIN, "\n  %s: %s.\n", lh_view_schedule_label(f),
			    lh_view_clean(v, schedule));
	lh_text_say(v, LH_PLAIN, "%s  %s\n", schedule ? "" : "\n", f->meaning);
	show_proof(v, f);
	lh_text_say(v, LH_GREEN, "  help: ");
	lh_text_say(v, LH_PLAIN, "%s\n", f->help);
	lh_text_say(v, LH_DIM, "  more: lockhound explain %s%s%s\n\n", lh_name_rule(f->rule),
		    f->proof ? " " : "", f->proof ? lh_name_verdict(f->proof->verdict) : "");
}

void lh_text_finding_long(struct lh_view *v, const struct lh_report_finding *f)
{
	show_diagnostic(v, f);
	show_title(v, f);
	for (uint32_t i = 0; i < f->parts; i++)
		show_part(v, f, i);
	show_ended_by(v, f);
	show_variants(v, f);
	show_places(v, f);
	show_end(v, f);
}
