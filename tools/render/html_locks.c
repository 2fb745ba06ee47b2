/*
 * html_locks.c — the locks of the HTML page: those for which a thread waited, the others folded,
 * which code waited for which, and the five properties of good synchronisation.
 */
#include "tools/render/html.h"
#include "tools/render/lock_properties.h"

enum { PROPERTIES_MAX = 100, WAIT_PAIRS_MAX = 100 };

static bool is_shown(const struct lh_report_lock *lock)
{
	return lock->row.kind != LH_THREAD_END &&
	       (lock->row.kind != LH_FUTEX || lock->stats.contended);
}

/* ---- waits, with the one that never ended ---- */

static uint64_t unended_ns(const struct lh_report_lock *lock)
{
	return lock->contention && lock->contention->waiting ? lock->contention->waiting_ns : 0;
}

static uint64_t waits(const struct lh_report_lock *lock)
{
	return lock->stats.contended + (lock->contention && lock->contention->waiting);
}

static uint64_t longest_wait(const struct lh_report_lock *lock)
{
	uint64_t unended = unended_ns(lock);

	return unended > lock->stats.wait_max_ns ? unended : lock->stats.wait_max_ns;
}

/* ---- the tables of locks ---- */

static void show_lock(struct lh_html *h, const struct lh_report_lock *lock, bool waited)
{
	fprintf(h->v->out, "<tr><th scope=\"row\">%s%s</th>", lh_html_text(h, lock->name),
		lh_html_in_process(h, lock->process));
	lh_html_cell(h, lock->kind_text);
	lh_html_cell_number(h, lock->row.acquired + lock->row.shared);
	if (waited) {
		lh_html_cell_number(h, waits(lock));
		lh_html_cell_time(h, lock->stats.wait_ns + unended_ns(lock));
		lh_html_cell_time(h, lh_report_lock_wait(lock).p99_ns);
		lh_html_cell_time(h, longest_wait(lock));
	}
	lh_html_cell_time(h, lh_report_lock_hold(lock).mean_ns);
	lh_html_cell_time(h, lh_report_lock_hold(lock).p99_ns);
	lh_html_cell_time(h, lock->stats.hold_max_ns);
	fputs("</tr>\n", h->v->out);
}

static void show_table(struct lh_html *h, bool waited)
{
	static const char *const with_waits[] = {"lock",          "kind",       "#acquired",
						 "#contended",    "#!waited",   "#wait p99",
						 "#longest wait", "#mean hold", "#hold p99",
						 "#longest hold", NULL};
	static const char *const without[] = {
		"lock", "kind", "#acquired", "#mean hold", "#hold p99", "#longest hold", NULL};
	const struct lh_report *report = h->v->report;
	uint32_t shown = 0;

	lh_html_table_begin(h,
			    waited ? "Locks for which a thread waited. Waits are exact, holds are "
				     "sampled."
				   : "Locks for which no thread waited. Holds are sampled.",
			    waited ? with_waits : without);
	for (uint32_t i = 0; i < report->locks && shown < LH_HTML_ROWS; i++)
		if (is_shown(report->busiest[i]) && (waits(report->busiest[i]) > 0) == waited) {
			show_lock(h, report->busiest[i], waited);
			shown++;
		}
	lh_html_table_end(h);
	if (shown == LH_HTML_ROWS)
		fprintf(h->v->out, "<p>At most %u locks are listed.</p>\n", LH_HTML_ROWS);
}

static void show_tables(struct lh_html *h)
{
	const struct lh_report *report = h->v->report;
	uint32_t waited = 0, others = 0;

	for (uint32_t i = 0; i < report->locks; i++)
		if (is_shown(report->lock[i]))
			++*(waits(report->lock[i]) ? &waited : &others);
	lh_html_search(h, "locks", waited + others);
	if (waited)
		show_table(h, true);
	if (!others)
		return;
	fprintf(h->v->out, "<details><summary>%s for which no thread waited</summary>\n",
		lh_view_count(h->v, others, "lock", "locks"));
	show_table(h, false);
	fputs("</details>\n", h->v->out);
}

/* ---- the table of classes ---- */

static void show_class(struct lh_html *h, const struct lh_class_stats *c)
{
	fprintf(h->v->out, "<tr><th scope=\"row\">%s</th>", lh_html_text(h, c->name));
	lh_html_cell_number(h, c->locks);
	lh_html_cell_number(h, c->acquired + c->shared);
	lh_html_cell_number(h, c->contended);
	lh_html_cell_time(h, c->wait_ns);
	lh_html_cell_time(h, c->wait.max_ns);
	lh_html_cell_time(h, c->hold.mean_ns);
	lh_html_cell_time(h, c->hold.max_ns);
	fputs("</tr>\n", h->v->out);
}

static void show_classes(struct lh_html *h)
{
	static const char *const columns[] = {"lock class", "#locks",        "#acquired",
					      "#contended", "#!waited",      "#longest wait",
					      "#mean hold", "#longest hold", NULL};
	const struct lh_wait_stats *p = h->v->report->profile;

	if (!p || !p->classes)
		return;
	lh_html_fold_begin(h, p->classes, "lock class", "lock classes");
	lh_html_table_begin(h, "Lock classes: locks initialized at the same place.", columns);
	for (uint32_t i = 0; i < p->classes && i < LH_HTML_ROWS; i++)
		show_class(h, p->class[i]);
	lh_html_table_end(h);
	lh_html_fold_end(h);
}

/* ---- wait pairs ---- */

static void show_wait_pair(struct lh_html *h, const struct lh_wait_pair_stats *c)
{
	fprintf(h->v->out, "<tr><th scope=\"row\">%s</th>",
		lh_html_text(h, c->lock ? c->lock->name : "a lock"));
	lh_html_cell(h, lh_view_stack_text(h->v, c->waiter));
	lh_html_cell(h, c->holder ? lh_view_stack_text(h->v, c->holder) : NULL);
	lh_html_cell_time(h, c->ns);
	lh_html_cell_time(h, c->worst_ns);
	fputs("</tr>\n", h->v->out);
}

static void show_wait_pairs(struct lh_html *h)
{
	static const char *const columns[] = {"lock",     "waited in",     "held since",
					      "#!waited", "#longest wait", NULL};
	const struct lh_wait_stats *p = h->v->report->profile;
	uint32_t shown = 0;

	for (uint32_t i = 0; p && i < p->pairs && shown < WAIT_PAIRS_MAX; i++)
		if (p->pair[i]->waiter) {
			if (!shown++)
				lh_html_table_begin(h, "Which code waited for which holder.",
						    columns);
			show_wait_pair(h, p->pair[i]);
		}
	if (shown)
		lh_html_table_end(h);
}

/* ---- the five properties ---- */

static void show_properties(struct lh_html *h, const struct lh_report_lock *lock)
{
	struct lh_property p[LH_PROPERTIES];

	lh_view_properties(h->v, lock, p);
	fprintf(h->v->out, "<details><summary>%s</summary><dl>\n", lh_html_text(h, lock->name));
	for (int i = 0; i < LH_PROPERTIES; i++)
		fprintf(h->v->out, "<div><dt>%s</dt><dd>%s</dd></div>\n", p[i].name,
			lh_html_text(h, p[i].text));
	fputs("</dl></details>\n", h->v->out);
}

/* Whether a finding names a lock is asked only if there are few findings. */
static bool is_notable(struct lh_html *h, const struct lh_report_lock *lock)
{
	if (!is_shown(lock) || lh_kind_acts(lock->row.kind) == LH_COND)
		return false;
	if (h->v->report->findings > LH_HTML_FINDINGS)
		return waits(lock) > 0;
	return lh_view_lock_is_notable(h->v, lock);
}

static void show_notable_locks(struct lh_html *h)
{
	const struct lh_report *report = h->v->report;
	const struct lh_report_lock *notable[PROPERTIES_MAX];
	uint32_t n = 0;

	for (uint32_t i = 0; i < report->locks && n < PROPERTIES_MAX; i++)
		if (is_notable(h, report->busiest[i]))
			notable[n++] = report->busiest[i];
	if (!n)
		return;
	fputs("<h3>The five properties of synchronisation</h3>\n", h->v->out);
	lh_html_fold_begin(h, n, "lock", "locks");
	for (uint32_t i = 0; i < n; i++)
		show_properties(h, notable[i]);
	lh_html_fold_end(h);
}

void lh_html_locks(struct lh_html *h)
{
	show_tables(h);
	show_classes(h);
	show_wait_pairs(h);
	show_notable_locks(h);
}
