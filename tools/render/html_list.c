/* html_list.c — the list of findings at the top of the HTML page, with a link to each; and the
 * filtered findings. */
#include "tools/render/html.h"

/* From how many findings on the list can be filtered. */
enum { FILTERED_FROM = 6 };

static void check_box(struct lh_html *h, const char *key, const char *value, uint32_t n)
{
	if (n)
		fprintf(h->v->out,
			"<label><input type=\"checkbox\" checked=\"\" data-key=\"%s\" "
			"value=\"%s\"/> %s (%u)</label>\n",
			key, value, value, n);
}

/* The script shows the controls: without it they would do nothing. */
static void show_filter(struct lh_html *h)
{
	const struct lh_report *report = h->v->report;
	uint32_t severity[LH_ERROR + 1] = {0}, status[LH_SUPPRESSED + 1] = {0};

	if (report->findings < FILTERED_FROM)
		return;
	for (uint32_t i = 0; i < report->findings && i < LH_HTML_FINDINGS; i++) {
		severity[report->finding[i]->severity]++;
		status[report->finding[i]->status]++;
	}
	fputs("<div class=\"controls\" id=\"filter\" role=\"search\" aria-label=\"filter the "
	      "findings\" hidden=\"\">\n<label>Text <input type=\"search\"/></label>\n",
	      h->v->out);
	for (int s = LH_ERROR; s >= LH_NOTE; s--)
		check_box(h, "severity", lh_name_severity((enum lh_severity)s), severity[s]);
	for (int s = LH_NEW; s <= LH_SUPPRESSED; s++)
		check_box(h, "status", lh_name_status((enum lh_status)s), status[s]);
	fputs("<span class=\"count\" role=\"status\"></span>\n</div>\n", h->v->out);
}

static void show_entry(struct lh_html *h, const struct lh_report_finding *f)
{
	const char *verdict = f->proof ? lh_name_verdict(f->proof->verdict) : "";
	const char *status = f->status == LH_NEW ? "" : lh_name_status(f->status);

	fprintf(h->v->out,
		"<li class=\"%s\" data-severity=\"%s\" data-status=\"%s\">"
		"<a href=\"#f%s\">%s</a> <span class=\"facts\"><b class=\"tag\">%s</b> "
		"<code>%s</code>",
		lh_name_severity(f->severity), lh_name_severity(f->severity),
		lh_name_status(f->status), f->fingerprint, lh_html_text(h, f->message),
		lh_name_severity(f->severity), lh_name_rule(f->rule));
	if (*verdict)
		fprintf(h->v->out, " <span>%s</span>", verdict);
	if (*status)
		fprintf(h->v->out, " <span>%s</span>", status);
	fprintf(h->v->out, "%s</span></li>\n", lh_html_code(h, lh_view_at(h->v, f->frame)));
}

void lh_html_list(struct lh_html *h)
{
	const struct lh_report *report = h->v->report;

	show_filter(h);
	fputs("<ol class=\"list\">\n", h->v->out);
	for (uint32_t i = 0; i < report->findings && i < LH_HTML_FINDINGS; i++)
		show_entry(h, report->finding[i]);
	fputs("</ol>\n", h->v->out);
	if (report->findings > LH_HTML_FINDINGS)
		fprintf(h->v->out,
			"<p>%u more findings are not shown; <code>lockhound report</code> and the "
			"other formats have all.</p>\n",
			report->findings - LH_HTML_FINDINGS);
}

void lh_html_filtered(struct lh_html *h)
{
	const struct lh_report *report = h->v->report;

	if (!h->v->style->filtered || !report->filtereds)
		return;
	fprintf(h->v->out, "<details><summary>%s: not in the counts above</summary>\n<ul>\n",
		lh_view_count(h->v, report->filtereds, "filtered finding", "filtered findings"));
	for (uint32_t i = 0; i < report->filtereds && i < LH_HTML_ROWS; i++) {
		const struct lh_report_finding *f = report->filtered[i];

		fprintf(h->v->out,
			"<li>%s%s <span class=\"dim\">filtered (%s) because %s</span></li>\n",
			lh_html_text(h, f->message), lh_html_code(h, lh_view_at(h->v, f->frame)),
			lh_name_filter(f->filter), lh_name_filter_reason(f->filter));
	}
	fputs("</ul></details>\n", h->v->out);
}
