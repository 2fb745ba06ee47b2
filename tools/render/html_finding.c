/*
 * html_finding.c — one finding of the HTML page: what, where and how certain; the picture of its
 * schedule; its threads side by side, with source and stacks; and what else is known of it.
 */
#include "tools/render/html.h"
#include "tools/render/lanes.h"
#include "tools/util/shorten.h"

#include <string.h>

/* ---- the head ---- */

static void show_status(struct lh_html *h, const struct lh_report_finding *f)
{
	if (f->status != LH_NEW)
		fprintf(h->v->out, "<p class=\"status\">%s%s%s</p>\n", lh_name_status(f->status),
			f->reason ? ": " : "", lh_html_text(h, f->reason));
	if (f->known)
		fprintf(h->v->out, "<p class=\"status\">%s</p>\n", lh_html_text(h, f->known));
}

static void show_head(struct lh_html *h, const struct lh_report_finding *f)
{
	struct lh_view *v = h->v;

	fprintf(v->out,
		"<article class=\"finding %s%s%s\" id=\"f%s\" aria-labelledby=\"h%s\">\n"
		"<h3 id=\"h%s\">%s</h3>\n<p class=\"facts\"><b class=\"tag\">%s</b> "
		"<a href=\"#rule-%s\"><code>%s</code></a>",
		lh_name_severity(f->severity), f->cycle ? " cycle" : "",
		f->status == LH_NEW ? "" : " known", f->fingerprint, f->fingerprint, f->fingerprint,
		lh_html_text(h, f->message), lh_name_severity(f->severity), lh_name_rule(f->rule),
		lh_name_rule(f->rule));
	fputs(lh_html_code(h, lh_view_at(v, f->frame)), v->out);
	fprintf(v->out, " <span>%s</span>", lh_view_certainty(f));
	if (f->count > 1)
		fprintf(v->out, " <span>seen %llu times%s</span>", (unsigned long long)f->count,
			f->processes > 1
				? lh_arena_printf(v->arena, " in %u processes", f->processes)
				: "");
	fputs(lh_html_in_process(h, f->process), v->out);
	fprintf(v->out, " <span>id <a href=\"#f%s\"><code>%s</code></a></span></p>\n",
		f->fingerprint, f->fingerprint);
	show_status(h, f);
}

static void show_proof(struct lh_html *h, const struct lh_report_finding *f)
{
	if (!f->proof)
		return;
	fprintf(h->v->out, "<div class=\"proof %s\">\n<p><b>%s:</b> %s.</p>\n",
		lh_name_verdict(f->proof->verdict), lh_name_verdict(f->proof->verdict),
		lh_html_text(h, f->proof->reason));
	if (f->proof->replay)
		fprintf(h->v->out, "<p>Again: <code>%s</code></p>\n",
			lh_html_text(h, f->proof->replay));
	fputs("</div>\n", h->v->out);
}

/* ---- the picture ---- */

static void show_schedule(struct lh_html *h, const struct lh_report_finding *f)
{
	const char *schedule = lh_report_schedule(h->v->report, f);
	struct lh_lanes lanes = lh_lanes_of_finding(h->v, f);

	if (!schedule && !lanes.lanes)
		return;
	fputs("<figure>\n", h->v->out);
	if (lanes.lanes)
		lh_lanes_svg(h->v, &lanes, false);
	if (schedule)
		fprintf(h->v->out, "<figcaption><b>%s:</b> %s.</figcaption>\n",
			lh_view_schedule_label(f), lh_html_text(h, schedule));
	fputs("</figure>\n", h->v->out);
}

/* ---- threads and their steps ---- */

/* Several steps may be at one place, as of one long call: its lines stand once. */
static bool is_same_place(const struct lh_report_step *a, const struct lh_report_step *before)
{
	const struct lh_report_frame *x = a->frame, *y = before ? before->frame : NULL;

	return x && y && x->file && y->file && x->line == y->line && x->column == y->column &&
	       strcmp(x->file, y->file) == 0;
}

/* Behind a step; whole in the stack. */
static const char *function_text(struct lh_html *h, const struct lh_report_frame *f)
{
	enum { FUNCTION_MAX = 60 };

	if (!f || !f->function || !lh_view_at(h->v, f))
		return "";
	return lh_arena_printf(
		h->v->arena, " <span class=\"dim\">%s</span>",
		lh_html_text(h, f->script ? f->function
					  : lh_shorten_function(h->v->arena, f->function,
								FUNCTION_MAX)));
}

static void show_step(struct lh_html *h, const struct lh_report_finding *f,
		      const struct lh_report_step *a, const struct lh_report_step *before)
{
	const char *done = lh_report_step_text(h->v->report, f, a, false);

	fprintf(h->v->out, "<li><p>%s%s%s</p>\n", lh_html_text(h, done),
		lh_html_code(h, lh_view_at(h->v, a->frame)), function_text(h, a->frame));
	/* The end lock of a thread is held from create to exit: no call acquired it. */
	if (!a->lock || a->lock->row.kind != LH_THREAD_END || a->action != LH_HOLDS) {
		if (!is_same_place(a, before))
			lh_html_source(h, a->frame, done);
		if (!before || before->stack != a->stack)
			lh_html_stack(h, a->stack);
	}
	fputs("</li>\n", h->v->out);
}

static void show_thread(struct lh_html *h, const struct lh_report_finding *f,
			const struct lh_report_thread *thread, bool queued_writer)
{
	const struct lh_report_frame *made = thread ? lh_report_place(thread->created) : NULL;
	struct lh_view *v = h->v;

	fprintf(v->out, "<h4>%s%s</h4>\n",
		lh_html_text(h, lh_report_thread_text(v->report, thread)),
		queued_writer ? " must wait as a queued writer" : "");
	if (thread && thread->process != f->process && !thread->foreign_tid)
		fprintf(v->out, "<p class=\"dim\">in %s[%d]</p>\n",
			lh_html_text(h, lh_path_base(thread->process->exe)), thread->process->pid);
	if (made && !made->system)
		fprintf(v->out, "<p class=\"dim\">created at%s%s</p>\n",
			lh_html_code(h, lh_view_at(v, made)), function_text(h, made));
}

static void show_part(struct lh_html *h, const struct lh_report_finding *f,
		      const struct lh_report_part *part)
{
	fputs("<div>\n", h->v->out);
	show_thread(h, f, part->thread, part->queued_writer);
	fputs("<ol>\n", h->v->out);
	for (uint32_t i = part->first; i < part->first + part->n; i++)
		show_step(h, f, &f->step[i], i > part->first ? &f->step[i - 1] : NULL);
	fputs("</ol></div>\n", h->v->out);
}

static void show_parts(struct lh_html *h, const struct lh_report_finding *f)
{
	const struct lh_report_step *by = lh_report_ended_by(f);

	fputs("<div class=\"parts\">\n", h->v->out);
	for (uint32_t i = 0; i < f->parts; i++)
		show_part(h, f, &f->part[i]);
	if (by) { /* who ended a deadlock that did not last */
		fputs("<div>\n", h->v->out);
		show_thread(h, f, by->thread, false);
		fputs("<ol>\n", h->v->out);
		show_step(h, f, by, NULL);
		fputs("</ol></div>\n", h->v->out);
	}
	fputs("</div>\n", h->v->out);
}

/* ---- variants and places ---- */

static void show_call_path(struct lh_html *h, const struct lh_report_finding *f,
			   const struct lh_report_part *part)
{
	struct lh_view *v = h->v;

	for (uint32_t i = part->first; i < part->first + part->n; i++) {
		const struct lh_report_step *a = &f->step[i];

		if (a == part->holds || a == part->does)
			fprintf(v->out, "<li>%s %s%s: %s</li>\n",
				lh_html_text(h, lh_report_thread_text(v->report, a->thread)),
				lh_html_text(h, lh_report_step_text(v->report, f, a, false)),
				lh_html_code(h, lh_view_at(v, a->frame)),
				lh_html_text(h, lh_view_call_path(v, a)));
	}
}

static void show_variants(struct lh_html *h, const struct lh_report_finding *f)
{
	const char *text = lh_view_variants(h->v, f);

	if (!text)
		return;
	fprintf(h->v->out, "<details><summary>%s</summary><ul>\n", text);
	for (uint32_t i = 0; i < f->variants && i < LH_HTML_VARIANTS; i++)
		show_call_path(h, f->variant[i].finding, f->variant[i].part);
	if (f->variants > LH_HTML_VARIANTS)
		fprintf(h->v->out, "<li>%u more are not listed</li>\n",
			f->variants - LH_HTML_VARIANTS);
	fputs("</ul></details>\n", h->v->out);
}

static void show_places(struct lh_html *h, const struct lh_report_finding *f)
{
	const char *text = lh_view_places(h->v, f);

	if (!text)
		return;
	fprintf(h->v->out, "<details><summary>%s</summary>", lh_html_text(h, text));
	for (uint32_t i = 0; i < f->other_places && i < PLACES_MAX; i++) {
		fputs("<div class=\"parts\">\n", h->v->out);
		for (uint32_t k = 0; k < f->other_place[i]->parts; k++)
			show_part(h, f->other_place[i], &f->other_place[i]->part[k]);
		fputs("</div>\n", h->v->out);
	}
	fputs("</details>\n", h->v->out);
}

void lh_html_finding(struct lh_html *h, const struct lh_report_finding *f)
{
	const char *consequence = lh_report_consequence(h->v->report, f);

	show_head(h, f);
	show_proof(h, f);
	if (consequence)
		fprintf(h->v->out, "<p>%s</p>\n", lh_html_text(h, consequence));
	show_schedule(h, f);
	show_parts(h, f);
	show_variants(h, f);
	show_places(h, f);
	fprintf(h->v->out,
		"<p><b>What to do:</b> %s <span class=\"dim\">More:</span> <code>lockhound explain "
		"%s%s%s</code></p>\n</article>\n",
		lh_html_text(h, f->help), lh_name_rule(f->rule), f->proof ? " " : "",
		f->proof ? lh_name_verdict(f->proof->verdict) : "");
}
