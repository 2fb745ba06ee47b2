/*
 * html.c — the HTML page: one file that loads nothing and works without its script. The number of
 * new findings is first, then each finding with a drawing of its cycle and the threads side by
 * side, then tables.
 */
#include "tools/render/html_page.h"
#include "tools/render/lock_properties.h"
#include "tools/symbols/source_lines.h"

#include <math.h>

enum { FULL_MAX = 200, ROWS_MAX = 2000, PROPERTIES_MAX = 100, RADIUS = 90 };

static const char *html(struct lh_view *v, const char *text)
{
	return lh_escape(v->arena, LH_ESCAPE_HTML, lh_view_clean(v, text));
}

/* ---- the drawing of a cycle ---- */

/* Corners of a regular polygon; the first is at the top. */
static double x_of(uint32_t i, uint32_t n)
{
	return 300 + RADIUS * 1.6 * sin(2 * M_PI * i / n);
}

static double y_of(uint32_t i, uint32_t n)
{
	return 130 - RADIUS * cos(2 * M_PI * i / n);
}

/* An arrow that ends short of both locks; in a cycle of two the arrows are side by side. */
static void draw_edge(struct lh_view *v, const struct lh_report_finding *f, uint32_t i)
{
	uint32_t n = f->cycle_parts, next = (i + 1) % n;
	double x = x_of(i, n), y = y_of(i, n), dx = x_of(next, n) - x, dy = y_of(next, n) - y;
	double length = sqrt(dx * dx + dy * dy), ux = dx / length, uy = dy / length;
	double side = n == 2 ? 14 : 0, ax = x - uy * side, ay = y + ux * side;

	fprintf(v->out,
		"<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"currentColor\" "
		"marker-end=\"url(#tip)\"/>",
		ax + ux * 26, ay + uy * 26, ax + dx - ux * 26, ay + dy - uy * 26);
	fprintf(v->out,
		"<text x=\"%.1f\" y=\"%.1f\" font-size=\"11\" text-anchor=\"middle\">%s</text>\n",
		ax + dx / 2 - uy * 24, ay + dy / 2 + ux * 24 + 4,
		f->part[i].thread ? lh_arena_printf(v->arena, "T%u", f->part[i].thread->id)
				  : "a thread");
}

static void draw_cycle(struct lh_view *v, const struct lh_report_finding *f)
{
	fprintf(v->out,
		"<svg viewBox=\"0 0 600 260\" width=\"600\" role=\"img\" aria-label=\"%s\">"
		"<defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" "
		"markerWidth=\"8\" markerHeight=\"8\" orient=\"auto\">"
		"<path d=\"M0 0L8 4L0 8z\" fill=\"currentColor\"/></marker></defs>\n",
		html(v, lh_view_subject(v, f)));
	for (uint32_t i = 0; i < f->cycle_parts; i++) {
		const char *name = f->part[i].holds->lock->name;
		double x = x_of(i, f->cycle_parts), y = y_of(i, f->cycle_parts);

		draw_edge(v, f, i);
		fprintf(v->out,
			"<circle cx=\"%.1f\" cy=\"%.1f\" r=\"7\" fill=\"#b3261e\"/>"
			"<text x=\"%.1f\" y=\"%.1f\" font-size=\"13\" "
			"text-anchor=\"%s\">%s</text>\n",
			x, y,
			x + (x < 299   ? -13
			     : x > 301 ? 13
				       : 0),
			y + (x > 299 && x < 301 ? (y < 130 ? -13 : 24) : 5),
			x < 299   ? "end"
			: x > 301 ? "start"
				  : "middle",
			html(v, name));
	}
	fputs("</svg>\n", v->out);
}

/* ---- the steps of a thread ---- */

static void show_source(struct lh_view *v, const struct lh_report_frame *at)
{
	struct lh_source_lines s;

	if (!v->style->source || !at->file || !at->line ||
	    !lh_source_read(v->arena, at->file, at->line, at->column, &s))
		return;
	fputs("<pre>", v->out);
	for (uint32_t i = 0; i < s.n; i++) {
		bool is_marked = s.first + i == at->line;

		fprintf(v->out, "%s%5u  %s%s\n", is_marked ? "<b class=\"mark\">" : "", s.first + i,
			html(v, s.line[i]), is_marked ? "</b>" : "");
	}
	fputs("</pre>\n", v->out);
}

static void show_stack(struct lh_view *v, const struct lh_report_stack *t)
{
	if (!t->n)
		return;
	fputs("<details><summary class=\"dim\">stack</summary><pre>", v->out);
	for (uint32_t i = 0, shown = 0; i < t->n; i++) {
		const struct lh_report_frame *f = &t->frame[i];
		const char *at = lh_view_at(v, f);

		if (!f->ours)
			fprintf(v->out, "#%-2u %s  %s\n", shown++,
				f->function ? html(v, f->function) : "??", html(v, at));
	}
	fprintf(v->out, "%s</pre></details>\n", t->cut ? "... there is more\n" : "");
}

static void show_part(struct lh_view *v, const struct lh_report_finding *f,
		      const struct lh_report_part *part)
{
	fprintf(v->out, "<div><b>%s</b>\n",
		html(v, lh_report_thread_text(v->report, part->thread)));
	for (uint32_t i = part->first; i < part->first + part->n; i++) {
		const struct lh_report_step *a = &f->step[i];
		const char *at = lh_view_at(v, a->frame);

		fprintf(v->out, "<div>%s%s%s%s</div>\n",
			html(v, lh_report_step_text(v->report, f, a, false)), at ? " <code>" : "",
			html(v, at), at ? "</code>" : "");
		if (a->frame)
			show_source(v, a->frame);
		show_stack(v, a->stack);
	}
	fputs("</div>\n", v->out);
}

static void show_variants(struct lh_view *v, const struct lh_report_finding *f)
{
	const char *text = lh_view_variants(v, f);

	if (!text)
		return;
	fprintf(v->out, "<details><summary>%s</summary><pre>", text);
	for (uint32_t i = 0; i < f->variants && i < ROWS_MAX; i++) {
		const struct lh_report_variant *x = &f->variant[i];

		for (uint32_t k = x->part->first; k < x->part->first + x->part->n; k++) {
			const struct lh_report_step *a = &x->finding->step[k];

			if (a == x->part->holds || a == x->part->does)
				fprintf(v->out, "%s %s: %s\n",
					html(v, lh_report_thread_text(v->report, a->thread)),
					html(v,
					     lh_report_step_text(v->report, x->finding, a, false)),
					html(v, lh_view_call_path(v, a)));
		}
	}
	fprintf(v->out, "</pre></details>\n");
}

static void show_places(struct lh_view *v, const struct lh_report_finding *f)
{
	const char *text = lh_view_places(v, f);

	if (!text)
		return;
	fprintf(v->out, "<details open><summary>%s</summary>", html(v, text));
	for (uint32_t i = 0; i < f->other_places && i < ROWS_MAX; i++) {
		const struct lh_report_finding *other = f->other_place[i];

		fputs("<div class=\"parts\">\n", v->out);
		for (uint32_t k = 0; k < other->parts; k++)
			show_part(v, other, &other->part[k]);
		fputs("</div>\n", v->out);
	}
	fputs("</details>\n", v->out);
}

static void show_proof(struct lh_view *v, const struct lh_report_finding *f)
{
	if (!f->proof)
		return;
	fprintf(v->out, "<p><b>%s:</b> %s.", lh_name_verdict(f->proof->verdict),
		html(v, f->proof->reason));
	if (f->proof->replay)
		fprintf(v->out, "<br>Again: <code>%s</code>", html(v, f->proof->replay));
	fputs("</p>\n", v->out);
}

static void show_finding(struct lh_view *v, const struct lh_report_finding *f)
{
	const char *schedule = lh_report_schedule(v->report, f);
	const char *at = lh_view_at(v, f->frame);

	fprintf(v->out,
		"<section class=\"finding %s\" id=\"f%s\"><h3>%s</h3>\n<p><code>%s</code> "
		"%s <code>%s</code> %s",
		f->status == LH_NEW ? lh_name_severity(f->severity) : "known", f->fingerprint,
		html(v, f->message), lh_name_rule(f->rule), lh_name_severity(f->severity),
		f->fingerprint, html(v, at));
	if (f->status != LH_NEW)
		fprintf(v->out, "<br>%s%s%s", lh_name_status(f->status), f->reason ? ": " : "",
			html(v, f->reason));
	if (f->known)
		fprintf(v->out, "<br>%s", html(v, f->known));
	fprintf(v->out, "</p>\n<p>%s</p>\n", f->meaning);
	show_proof(v, f);
	if (f->cycle)
		draw_cycle(v, f);
	if (schedule)
		fprintf(v->out, "<p>%s.</p>\n", html(v, schedule));
	fputs("<div class=\"parts\">\n", v->out);
	for (uint32_t i = 0; i < f->parts; i++)
		show_part(v, f, &f->part[i]);
	fputs("</div>\n", v->out);
	show_variants(v, f);
	show_places(v, f);
	fprintf(v->out, "<p><b>What to do:</b> %s</p></section>\n", html(v, f->help));
}

/* ---- tables ---- */

static void cell_time(struct lh_view *v, uint64_t ns)
{
	fprintf(v->out, "<td class=\"n\" data-n=\"%llu\">%s</td>", (unsigned long long)ns,
		ns ? lh_report_time(v->report, ns) : "-");
}

static void show_lock(struct lh_view *v, const struct lh_report_lock *lock)
{
	uint64_t taken = lock->row.acquired + lock->row.shared;

	fprintf(v->out,
		"<tr><td class=\"n\" data-n=\"%u\">%u</td><td>%s</td><td>%s</td>"
		"<td class=\"n\" data-n=\"%llu\">%llu</td>"
		"<td class=\"n\" data-n=\"%llu\">%llu</td>",
		lock->id, lock->id, html(v, lock->name), lock->kind_text, (unsigned long long)taken,
		(unsigned long long)taken, (unsigned long long)lock->stats.contended,
		(unsigned long long)lock->stats.contended);
	cell_time(v, lock->stats.wait_ns);
	cell_time(v, lh_report_lock_wait(lock).p99_ns);
	cell_time(v, lock->stats.wait_max_ns);
	cell_time(v, lh_report_lock_hold(lock).mean_ns);
	cell_time(v, lh_report_lock_hold(lock).p99_ns);
	cell_time(v, lock->stats.hold_max_ns);
	fputs("</tr>\n", v->out);
}

/* The five properties of each notable lock. */
static void show_properties(struct lh_view *v)
{
	struct lh_property p[LH_PROPERTIES];
	uint32_t shown = 0;

	for (uint32_t i = 0; i < v->report->locks && shown < PROPERTIES_MAX; i++) {
		const struct lh_report_lock *lock = v->report->busiest[i];

		if (lock->row.kind == LH_THREAD_END || lh_kind_acts(lock->row.kind) == LH_COND ||
		    !lh_view_lock_is_notable(v, lock))
			continue;
		if (!shown++)
			fputs("<h2>The five properties</h2>\n", v->out);
		lh_view_properties(v, lock, p);
		fprintf(v->out, "<details><summary>%s</summary><table><tbody>\n",
			html(v, lock->name));
		for (int k = 0; k < LH_PROPERTIES; k++)
			fprintf(v->out, "<tr><td>%s</td><td>%s</td></tr>\n", p[k].name,
				html(v, p[k].text));
		fputs("</tbody></table></details>\n", v->out);
	}
}

static void show_locks(struct lh_view *v)
{
	uint32_t shown = 0;

	fputs("<h2>Locks</h2>\n"
	      "<table><thead><tr><th class=\"n\">id</th><th>lock</th><th>kind</th><th "
	      "class=\"n\">acquired</th><th "
	      "class=\"n\">contended</th><th class=\"n\">waited</th><th class=\"n\">wait "
	      "p99</th><th class=\"n\">longest wait</th><th class=\"n\">mean hold</th><th "
	      "class=\"n\">hold p99</th><th class=\"n\">longest hold</th></tr></thead><tbody>\n",
	      v->out);
	for (uint32_t i = 0; i < v->report->locks && shown < ROWS_MAX; i++)
		if (v->report->busiest[i]->row.kind != LH_THREAD_END) {
			show_lock(v, v->report->busiest[i]);
			shown++;
		}
	fputs("</tbody></table>\n", v->out);
	if (shown == ROWS_MAX)
		fprintf(v->out, "<p>Only the %u locks with the longest waits are listed.</p>\n",
			ROWS_MAX);
}

static void show_orders(struct lh_view *v)
{
	uint32_t shown = 0;

	fputs("<h2>Orders</h2>\n"
	      "<table><thead><tr><th>held lock</th><th>acquired lock</th><th>first "
	      "at</th></tr></thead><tbody>\n",
	      v->out);
	for (uint32_t i = 0; i < v->report->orders && shown < ROWS_MAX; i++) {
		const struct lh_report_order *o = v->report->order[i];
		const char *at = lh_view_at(v, lh_report_order_frame(v->report, o));

		fprintf(v->out, "<tr><td>%s</td><td>%s</td><td>%s</td></tr>\n",
			html(v, o->held->name), html(v, o->wanted->name), html(v, at));
		shown++;
	}
	fputs("</tbody></table>\n", v->out);
	if (shown == ROWS_MAX)
		fprintf(v->out, "<p>%u more orders are not listed.</p>\n",
			v->report->orders - shown);
}

static void show_processes(struct lh_view *v)
{
	fputs("<h2>Processes</h2>\n<table><thead><tr><th "
	      "class=\"n\">pid</th><th>program</th><th>end"
	      "</th><th class=\"n\">threads</th><th class=\"n\">lock operations</th></tr></thead>"
	      "<tbody>\n",
	      v->out);
	for (uint32_t i = 0; i < v->report->processes && i < ROWS_MAX; i++) {
		const struct lh_report_process *p = v->report->process[i];
		unsigned long long n = p->acquired;

		fprintf(v->out,
			"<tr><td class=\"n\" data-n=\"%d\">%d</td><td>%s</td><td>%s</td>"
			"<td class=\"n\" data-n=\"%u\">%u</td><td class=\"n\" "
			"data-n=\"%llu\">%llu</td>"
			"</tr>\n",
			p->pid, p->pid, html(v, p->command[0] ? p->command : p->exe),
			html(v, p->end), p->threads, p->threads, n, n);
	}
	fputs("</tbody></table>\n", v->out);
	for (uint32_t i = 0; i < v->report->notes; i++)
		fprintf(v->out, "<p>note: %s</p>\n", html(v, v->report->note[i]));
}

static void show_head(struct lh_view *v)
{
	const struct lh_report *report = v->report;
	const char *verdicts = lh_report_verdicts(report);
	uint32_t fails = 0;

	for (uint32_t i = 0; i < report->findings; i++)
		fails += lh_view_fails(v, report->finding[i]);
	fprintf(v->out,
		"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
		"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		"style-src 'unsafe-inline'; script-src '%s'; img-src data:; base-uri 'none'; "
		"form-action 'none'\">\n"
		"<meta name=\"viewport\" content=\"width=device-width\">\n<title>lockhound: "
		"%s</title>\n"
		"<style>%s</style></head><body>\n",
		LH_HTML_SCRIPT_HASH, html(v, lh_view_program(v)), LH_HTML_STYLE);
	fprintf(v->out,
		"<h1>%s: %s</h1>\n<p>%s, %s, %s%s%s. lockhound %s. "
		"<button id=\"all\" hidden>open or close all stacks</button></p>\n",
		html(v, lh_view_program(v)),
		!report->processes ? "nothing was watched"
		: fails            ? lh_view_count(v, fails, "new finding", "new findings")
				   : "nothing new",
		lh_view_count(v, report->processes, "process", "processes"),
		lh_view_count(v, lh_view_totals(report).acquired, "lock operation",
			      "lock operations"),
		lh_view_count(v, report->findings, "finding", "findings"), verdicts ? ": " : "",
		verdicts ? verdicts : "", LH_VERSION);
}

void lh_render_html(struct lh_view *v)
{
	show_head(v);
	for (uint32_t i = 0; i < v->report->findings && i < FULL_MAX; i++)
		show_finding(v, v->report->finding[i]);
	if (v->report->findings > FULL_MAX)
		fprintf(v->out, "<p>%u more findings are not shown.</p>\n",
			v->report->findings - FULL_MAX);
	show_locks(v);
	show_properties(v);
	show_orders(v);
	show_processes(v);
	fprintf(v->out, "<script>%s</script>\n</body></html>\n", LH_HTML_SCRIPT);
}
