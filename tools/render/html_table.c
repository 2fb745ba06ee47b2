/* html_table.c — the tables of the HTML page: heads that the script makes sortable, and cells. */
#include "tools/render/html.h"

void lh_html_table_begin(struct lh_html *h, const char *caption, const char *const *column)
{
	lh_html_scroll(h, "table-box", caption);
	fprintf(h->v->out, "<table>\n<caption><span>%s</span></caption>\n<thead><tr>", caption);
	for (; *column; column++) {
		const char *name = *column;
		bool is_number = *name == '#', is_sorted = name[is_number] == '!';

		fprintf(h->v->out, "<th scope=\"col\"%s%s>%s</th>", is_number ? " class=\"n\"" : "",
			is_sorted ? " aria-sort=\"descending\"" : "", name + is_number + is_sorted);
	}
	fputs("</tr></thead>\n<tbody>\n", h->v->out);
}

void lh_html_table_end(struct lh_html *h)
{
	fputs("</tbody></table></div>\n", h->v->out);
}

void lh_html_cell(struct lh_html *h, const char *text)
{
	fprintf(h->v->out, "<td>%s</td>", lh_html_text(h, text));
}

void lh_html_cell_number(struct lh_html *h, uint64_t n)
{
	if (n)
		fprintf(h->v->out, "<td class=\"n\">%llu</td>", (unsigned long long)n);
	else
		fputs("<td></td>", h->v->out);
}

void lh_html_cell_time(struct lh_html *h, uint64_t ns)
{
	if (ns)
		fprintf(h->v->out, "<td class=\"n\" data-n=\"%llu\">%s</td>",
			(unsigned long long)ns, lh_report_time(h->v->report, ns));
	else
		fputs("<td></td>", h->v->out);
}

void lh_html_fold_begin(struct lh_html *h, uint32_t n, const char *one, const char *many)
{
	enum { OPEN_MAX = 20 };

	fprintf(h->v->out, "<details%s><summary>%s</summary>\n", n <= OPEN_MAX ? " open=\"\"" : "",
		lh_view_count(h->v, n, one, many));
}

void lh_html_fold_end(struct lh_html *h)
{
	fputs("</details>\n", h->v->out);
}

void lh_html_search(struct lh_html *h, const char *what, uint32_t rows)
{
	enum { SEARCHED_FROM = 10 };

	if (rows >= SEARCHED_FROM)
		fprintf(h->v->out,
			"<div class=\"controls rows\" role=\"search\" aria-label=\"search the "
			"%s\" hidden=\"\"><label>Search %s <input type=\"search\"/></label> "
			"<span class=\"count\" role=\"status\"></span></div>\n",
			what, what);
}
