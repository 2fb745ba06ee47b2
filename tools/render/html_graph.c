/* html_graph.c — the lock-order graph of the HTML page, as a picture and as a table. */
#include "tools/render/graph.h"
#include "tools/render/html.h"

/* The script shows the controls: without it they would do nothing. */
static void show_controls(struct lh_html *h)
{
	fputs("<div class=\"controls\" id=\"graph-controls\" hidden=\"\">\n"
	      "<button type=\"button\" data-zoom=\"1.25\" aria-label=\"zoom in\">+</button>\n"
	      "<button type=\"button\" data-zoom=\"0.8\" aria-label=\"zoom out\">−</button>\n"
	      "<button type=\"button\" data-zoom=\"1\">1:1</button>\n"
	      "<button type=\"button\" data-zoom=\"0\">Fit</button>\n"
	      "<label>Lock <input type=\"search\"/></label>\n"
	      "<label><input type=\"checkbox\"/> only cycles</label>\n"
	      "<span class=\"count\" role=\"status\"></span>\n</div>\n",
	      h->v->out);
}

static void show_orders(struct lh_html *h)
{
	static const char *const columns[] = {"held lock", "acquired lock", "first at", NULL};
	const struct lh_report *report = h->v->report;

	if (!report->orders)
		return;
	fprintf(h->v->out, "<details><summary>%s, as a table</summary>\n",
		lh_view_count(h->v, report->orders, "order", "orders"));
	lh_html_search(h, "orders", report->orders);
	lh_html_table_begin(h, "Orders in which locks were acquired.", columns);
	for (uint32_t i = 0; i < report->orders && i < LH_HTML_ROWS; i++) {
		const struct lh_report_order *o = report->order[i];

		fputs("<tr>", h->v->out);
		lh_html_cell(h, o->held->name);
		lh_html_cell(h, o->wanted->name);
		lh_html_cell(h, lh_view_at(h->v, lh_report_order_frame(report, o)));
		fputs("</tr>\n", h->v->out);
	}
	lh_html_table_end(h);
	if (report->orders > LH_HTML_ROWS)
		fprintf(h->v->out, "<p>%u more orders are not listed.</p>\n",
			report->orders - LH_HTML_ROWS);
	fputs("</details>\n", h->v->out);
}

void lh_html_graph(struct lh_html *h)
{
	fputs("<figure id=\"lock-graph\">\n", h->v->out);
	show_controls(h);
	lh_html_scroll(h, "graph-box", "lock-order graph");
	lh_graph_svg(h->v, false);
	fputs("</div>\n</figure>\n", h->v->out);
	show_orders(h);
}
