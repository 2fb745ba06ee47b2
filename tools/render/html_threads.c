/* html_threads.c — the threads of the HTML page that a finding names or that waited for a lock. */
#include "tools/render/html.h"
#include "tools/report/lock_stats.h"

struct row {
	const struct lh_report_thread *thread;
	uint64_t waits, wait_ns, wait_max_ns;
	const char *findings; /* links */
};

struct rows {
	struct lh_html *h;
	struct lh_map numbers; /* of each thread, from 1 on */
	struct row *row;
	uint32_t n;
};

/* Its row. A finding that spans processes has copies of its threads. */
static struct row *row_of(struct rows *r, const struct lh_report_thread *t)
{
	struct lh_arena *arena = r->h->v->arena;
	const uint64_t key[] = {(uintptr_t)t->process, t->row};
	uint32_t *number = lh_map_get(&r->numbers, arena, key, sizeof(key), sizeof(*number));

	if (!*number) {
		LH_PUSH(arena, r->row, r->n, ((struct row){.thread = t, .findings = ""}));
		*number = r->n;
	}
	return &r->row[*number - 1];
}

static void add_finding(struct rows *r, const struct lh_report_finding *f)
{
	for (uint32_t i = 0; i < f->threads; i++) {
		struct row *row = row_of(r, f->thread[i]);

		row->findings = lh_arena_printf(r->h->v->arena, "%s%s<a href=\"#f%s\">%s</a>",
						row->findings, *row->findings ? ", " : "",
						f->fingerprint, lh_name_rule(f->rule));
	}
}

static void add_waits(struct row *row, uint64_t n, uint64_t ns, uint64_t longest_ns)
{
	row->waits += n;
	row->wait_ns += ns;
	if (row->wait_max_ns < longest_ns)
		row->wait_max_ns = longest_ns;
}

static void add_contention(struct rows *r, const struct lh_contention_stats *s)
{
	for (uint32_t i = 0; s && i < s->shares; i++)
		if (s->share[i].thread && s->share[i].waits)
			add_waits(row_of(r, s->share[i].thread), s->share[i].waits,
				  s->share[i].wait_ns, s->share[i].wait_max_ns);
	if (s && s->waiting) /* never ended */
		add_waits(row_of(r, s->waiting), 1, s->waiting_ns, s->waiting_ns);
}

static void show_row(struct lh_html *h, const struct row *row)
{
	const struct lh_report_thread *t = row->thread;
	const struct lh_report_frame *made = lh_report_place(t->created);

	fprintf(h->v->out, "<tr><th scope=\"row\">%s%s</th>",
		lh_html_text(h, lh_report_thread_text(h->v->report, t)),
		lh_html_in_process(h, t->process));
	fprintf(h->v->out, t->tid > 0 ? "<td class=\"n\">%d</td>" : "<td></td>", t->tid);
	lh_html_cell(h, made && !made->system ? lh_view_at(h->v, made) : NULL);
	lh_html_cell_number(h, row->waits);
	lh_html_cell_time(h, row->wait_ns);
	lh_html_cell_time(h, row->wait_max_ns);
	fprintf(h->v->out, "<td>%s</td></tr>\n", row->findings);
}

void lh_html_threads(struct lh_html *h)
{
	static const char *const columns[] = {"thread",  "#tid",          "created at", "#waits",
					      "#waited", "#longest wait", "findings",   NULL};
	const struct lh_report *report = h->v->report;
	struct rows r = {.h = h};

	for (uint32_t i = 0; i < report->findings && i < LH_HTML_FINDINGS; i++)
		add_finding(&r, report->finding[i]);
	for (uint32_t i = 0; i < report->locks; i++)
		add_contention(&r, report->lock[i]->contention);
	if (!r.n) {
		fputs("<p>No finding names a thread, and none waited for a lock.</p>\n", h->v->out);
		return;
	}
	lh_html_search(h, "threads", r.n);
	lh_html_fold_begin(h, r.n, "thread", "threads");
	lh_html_table_begin(h, "Threads that a finding names or that waited for a lock.", columns);
	for (uint32_t i = 0; i < r.n && i < LH_HTML_ROWS; i++)
		show_row(h, &r.row[i]);
	lh_html_table_end(h);
	if (r.n > LH_HTML_ROWS)
		fprintf(h->v->out, "<p>%u more threads are not listed.</p>\n", r.n - LH_HTML_ROWS);
	lh_html_fold_end(h);
}
