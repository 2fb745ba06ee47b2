/* report.c — makes a report, adds ledgers to it, sorts it and frees it. */
#include "tools/report/report.h"

#include "tools/report/report_internal.h"
#include "tools/symbols/source_lines.h"
#include "tools/symbols/symbols.h"
#include "tools/util/path.h"

#include <stdlib.h>
#include <string.h>

struct lh_report *lh_report_new(struct lh_report_options options)
{
	struct lh_arena *arena = lh_arena_new();
	struct lh_report *report = lh_arena_alloc(arena, sizeof(*report));

	report->private_data = lh_arena_alloc(arena, sizeof(*report->private_data));
	report->arena = arena;
	report->options = options;
	report->root = lh_path_root(arena, options.root, &report->root_known);
	lh_source_set_root(report->root);
	report->private_data->wrappers = lh_report_read_wrappers(arena, options.wrappers);
	return report;
}

void lh_report_free(struct lh_report *report)
{
	if (report)
		lh_arena_free(report->arena);
}

/* ---- adding and sorting ---- */

enum { FINDINGS_MAX = 20000, LOCKS_MAX = 250000 };

/* Of too many, first the locks with statistics: a thread has waited for them, or often held them.
 */
static void add_every_lock(struct lh_report *report, struct lh_report_process *p)
{
	uint32_t n = lh_read_used(p->ledger, LH_T_LOCK), left_out = 0;
	bool many = n > LOCKS_MAX;
	struct lh_lock l;

	for (int with = 1; with >= !many; with--)
		for (uint32_t i = 1; i < n; i++) {
			if (!lh_read_lock_row(p->ledger, i, &l) || !l.kind ||
			    l.kind == LH_THREAD_END || (many && (l.stats != 0) != with))
				continue;
			if (report->locks < LOCKS_MAX)
				lh_report_get_lock(report, p, LH_LOCK_ID(i, l.gen));
			else
				left_out++;
		}
	if (left_out)
		lh_report_note(report,
			       "process %d: %u locks are not listed: a report lists %d locks",
			       p->pid, left_out, LOCKS_MAX);
}

/* Python's locks, and how many of them a thread has waited for. */
static void count_python_locks(const struct lh_ledger_view *r, uint32_t *locks, uint32_t *waited)
{
	uint32_t n = lh_read_used(r, LH_T_LOCK);
	struct lh_lock_stats stats;
	struct lh_lock l;

	*locks = *waited = 0;
	for (uint32_t i = 1; i < n; i++) {
		if (!lh_read_lock_row(r, i, &l) || l.kind != LH_SEM || !l.acquired ||
		    !(l.flags & LH_LOCK_INTERPRETER) ||
		    (l.flags & (LH_LOCK_SIGNAL | LH_LOCK_THREAD_END_SEM)))
			continue;
		lh_read_lock_stats(r, &l, &stats);
		*locks += 1;
		*waited += stats.contended != 0;
	}
}

/* A run that has not checked the orders of its locks says so, in one line. */
static void add_python_note(struct lh_report *report, const struct lh_ledger_view *r,
			    const char *title)
{
	bool unread = r->head.flags & LH_LEDGER_PYTHON_UNREAD;
	const char *why = "", *orders = "";
	uint32_t locks, waited;

	count_python_locks(r, &locks, &waited);
	if (unread)
		why = "this Python is not CPython 3.11: stacks have no Python lines, locks have no "
		      "names, and the GIL is not read";
	if (locks && (r->head.flags & LH_LEDGER_PYTHON_WAITED))
		orders = lh_arena_printf(report->arena,
					 "lock orders of Python were checked only for locks that a "
					 "thread waited for: %u of %u; --python=%s checks all",
					 waited, locks, unread ? "all" : "auto");
	else if (locks && (r->head.flags & LH_LEDGER_PYTHON_ASSUMED))
		orders = "each acquisition of a Python lock counts as a wait, and no join of "
			 "threads orders them, so cycles of these locks are warnings";
	if (*why || *orders)
		lh_report_note(report, "%s: %s%s%s", title, why, *why && *orders ? "; " : "",
			       orders);
}

/* No more different findings than a person or a page can take; that some are missing counts as a
 * drop. */
static void add_findings(struct lh_report *report, struct lh_report_process *p)
{
	uint32_t n = lh_read_used(p->ledger, LH_T_FINDING), i = 1;

	while (i < n && report->findings + report->filtereds < FINDINGS_MAX)
		lh_report_add_row(report, p->ledger, i++, NULL);
	if (i >= n)
		return;
	p->dropped_findings += n - i;
	lh_report_note(report, "a report has at most %d different findings: others were left out",
		       FINDINGS_MAX);
}

void lh_report_add_ledger(struct lh_report *report, const struct lh_ledger_view *r)
{
	struct lh_report_process *p = lh_report_get_process(report, r);
	char title[LH_PATH_MAX + 40];

	lh_read_title(r, title, sizeof(title));
	if (p->problem)
		lh_report_note(report, "%s: %s", title, p->problem);
	add_python_note(report, r, title);
	if (report->options.every_lock) {
		add_every_lock(report, p);
		lh_report_add_profile(report, p);
	}
	add_findings(report, p);
	if (report->options.orders)
		lh_report_add_orders(report, p);
}

void lh_report_add_file_notes(struct lh_report *report, const struct lh_ledger_file *s)
{
	if (s->error[0])
		lh_report_note(report, "%s", s->error);
	if (s->empty)
		lh_report_note(report, "%u process%s reserved a ledger and wrote nothing to it",
			       s->empty, s->empty == 1 ? "" : "es");
	if (s->no_slot)
		lh_report_note(report, "%u process%s got no ledger and %s not watched", s->no_slot,
			       s->no_slot == 1 ? "" : "es", s->no_slot == 1 ? "was" : "were");
}

void lh_report_add_file(struct lh_report *report, const struct lh_ledger_file *s)
{
	lh_report_add_file_notes(report, s);
	for (uint32_t i = 0; i < s->n; i++)
		lh_report_add_ledger(report, &s->view[i]);
}

static int by_weight(const void *x, const void *y)
{
	const struct lh_report_finding *a = *(struct lh_report_finding *const *)x,
				       *b = *(struct lh_report_finding *const *)y;

	if (a->severity != b->severity)
		return a->severity > b->severity ? -1 : 1;
	if (a->level != b->level)
		return a->level > b->level ? -1 : 1;
	if (a->rule != b->rule)
		return a->rule < b->rule ? -1 : 1;
	if (a->filter != b->filter)
		return a->filter < b->filter ? -1 : 1;
	return strcmp(a->fingerprint, b->fingerprint);
}

static int by_wait(const void *x, const void *y)
{
	const struct lh_report_lock *a = *(struct lh_report_lock *const *)x,
				    *b = *(struct lh_report_lock *const *)y;
	uint64_t taken_a = a->row.acquired + a->row.shared,
		 taken_b = b->row.acquired + b->row.shared;

	if (a->stats.wait_ns != b->stats.wait_ns)
		return a->stats.wait_ns > b->stats.wait_ns ? -1 : 1;
	if (taken_a != taken_b)
		return taken_a > taken_b ? -1 : 1;
	return a->id < b->id ? -1 : a->id > b->id;
}

static void sort(void *list, uint32_t n, int (*order)(const void *, const void *))
{
	if (n > 1)
		qsort(list, n, sizeof(void *), order);
}

void lh_report_finish(struct lh_report *report)
{
	struct lh_symbols *symbols = report->options.symbols;
	uint32_t n = symbols ? lh_symbols_problems(symbols) : 0;

	while (report->private_data->symbol_problems < n)
		lh_report_note(
			report, "%s",
			lh_symbols_problem(symbols, report->private_data->symbol_problems++));
	for (uint32_t i = 0; i < report->findings; i++)
		lh_report_list_variants(report, report->finding[i]);
	sort(report->finding, report->findings, by_weight);
	sort(report->filtered, report->filtereds, by_weight);
	report->busiest =
		lh_arena_alloc(report->arena, (report->locks + 1) * sizeof(*report->busiest));
	if (report->locks)
		memcpy(report->busiest, report->lock, report->locks * sizeof(*report->busiest));
	sort(report->busiest, report->locks, by_wait);
	for (uint32_t i = 0; i < report->locks; i++)
		lh_report_add_lock_stats(report, report->lock[i]);
	lh_report_sort_profile(report);
	lh_report_count_classes(report);
}

bool lh_report_fails(const struct lh_report_finding *f, enum lh_severity least, bool only_happened)
{
	return f->status == LH_NEW && f->severity >= least &&
	       (lh_report_happened(f) || !only_happened);
}

uint32_t lh_report_new_findings(const struct lh_report *report, enum lh_severity least)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < report->findings; i++)
		n += report->finding[i]->status == LH_NEW && report->finding[i]->severity >= least;
	return n;
}
