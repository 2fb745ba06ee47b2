/*
 * html.c — the HTML page: which parts it has, in which order, and the links to them.
 */
#include "tools/render/html.h"

static void show_findings(struct lh_html *h)
{
	const struct lh_report *report = h->v->report;

	if (!report->findings)
		fprintf(h->v->out, "<p>%s</p>\n",
			report->processes ? "There are none." : "Nothing was watched.");
	else
		lh_html_list(h);
	for (uint32_t i = 0; i < report->findings && i < LH_HTML_FINDINGS; i++)
		lh_html_finding(h, report->finding[i]);
	lh_html_filtered(h);
}

static bool always(const struct lh_report *report)
{
	(void)report;
	return true;
}

static bool has_orders(const struct lh_report *report)
{
	for (uint32_t i = 0; i < report->findings; i++)
		if (report->finding[i]->cycle)
			return true;
	return report->orders > 0;
}

static bool has_locks(const struct lh_report *report)
{
	return report->locks > 0;
}

static bool has_processes(const struct lh_report *report)
{
	return report->processes > 0;
}

static bool has_findings(const struct lh_report *report)
{
	return report->findings > 0;
}

static const struct part {
	const char *id, *title;
	bool (*has)(const struct lh_report *);
	void (*show)(struct lh_html *);
} parts[] = {
	{"findings", "Findings", always, show_findings},
	{"graph", "Lock orders", has_orders, lh_html_graph},
	{"locks", "Locks", has_locks, lh_html_locks},
	{"threads", "Threads", has_processes, lh_html_threads},
	{"processes", "Processes", has_processes, lh_html_processes},
	{"rules", "Rules", has_findings, lh_html_rules},
};
enum { PARTS = sizeof(parts) / sizeof(parts[0]) };

static void show_links(struct lh_html *h)
{
	fputs("<nav aria-label=\"parts of the page\">\n", h->v->out);
	for (int i = 0; i < PARTS; i++)
		if (parts[i].has(h->v->report))
			fprintf(h->v->out, "<a href=\"#%s\">%s</a>\n", parts[i].id, parts[i].title);
	fputs("<button type=\"button\" id=\"all\" hidden=\"\">Open all stacks</button>\n</nav>\n",
	      h->v->out);
}

void lh_render_html(struct lh_view *v)
{
	struct lh_html h = {.v = v};

	lh_html_head(&h);
	show_links(&h);
	fputs("<main>\n", v->out);
	for (int i = 0; i < PARTS; i++)
		if (parts[i].has(v->report)) {
			fprintf(v->out,
				"<section id=\"%s\" aria-labelledby=\"%s-title\">\n"
				"<h2 id=\"%s-title\">%s</h2>\n",
				parts[i].id, parts[i].id, parts[i].id, parts[i].title);
			parts[i].show(&h);
			fputs("</section>\n", v->out);
		}
	lh_html_end(&h);
}
