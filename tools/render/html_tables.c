/* html_tables.c — the last parts of the HTML page: the processes, and what the rules say. */
#include "tools/render/html.h"

static bool is_rank_known(const struct lh_report *report)
{
	for (uint32_t i = 0; i < report->processes; i++)
		if (report->process[i]->rank)
			return true;
	return false;
}

static void show_process(struct lh_html *h, const struct lh_report_process *p, bool has_rank)
{
	fprintf(h->v->out, "<tr><th scope=\"row\"><code>%s</code></th>",
		lh_html_text(h, p->command[0] ? p->command : p->exe));
	lh_html_cell_number(h, (uint32_t)p->pid);
	if (has_rank) {
		lh_html_cell(h, p->host);
		fprintf(h->v->out, p->rank ? "<td class=\"n\">%u</td>" : "<td></td>", p->rank - 1);
	}
	lh_html_cell(h, p->end);
	lh_html_cell_number(h, p->threads);
	lh_html_cell_number(h, p->locks);
	lh_html_cell_number(h, p->acquired);
	fputs("</tr>\n", h->v->out);
}

void lh_html_processes(struct lh_html *h)
{
	static const char *const columns[] = {
		"program", "#pid", "end", "#threads", "#locks", "#lock operations", NULL};
	static const char *const ranks[] = {"program", "#pid",     "host",   "#rank",
					    "end",     "#threads", "#locks", "#lock operations",
					    NULL};
	const struct lh_report *report = h->v->report;
	bool has_rank = is_rank_known(report);

	lh_html_search(h, "processes", report->processes);
	lh_html_fold_begin(h, report->processes, "process", "processes");
	lh_html_table_begin(h, "Processes that were watched.", has_rank ? ranks : columns);
	for (uint32_t i = 0; i < report->processes && i < LH_HTML_ROWS; i++)
		show_process(h, report->process[i], has_rank);
	lh_html_table_end(h);
	if (report->processes > LH_HTML_ROWS)
		fprintf(h->v->out, "<p>%u more processes are not listed.</p>\n",
			report->processes - LH_HTML_ROWS);
	lh_html_fold_end(h);
}

void lh_html_rules(struct lh_html *h)
{
	const struct lh_report *report = h->v->report;
	bool shown[LH_RULES] = {false};

	for (uint32_t i = 0; i < report->findings && i < LH_HTML_FINDINGS; i++) {
		enum lh_rule rule = report->finding[i]->rule;
		const struct lh_rule_row *row = lh_rule_row(rule);

		if (shown[rule])
			continue;
		shown[rule] = true;
		fprintf(h->v->out,
			"<h3 id=\"rule-%s\"><code>%s</code>: %s</h3>\n<p>%s</p>\n"
			"<p><b>What to do:</b> %s <span class=\"dim\">With an example:</span> "
			"<code>lockhound explain %s</code></p>\n",
			row->name, row->name, lh_html_text(h, row->title),
			lh_html_text(h, row->meaning), lh_html_text(h, row->help), row->name);
	}
}
