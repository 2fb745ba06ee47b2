/*
 * text.h — writes the inspection of a hang (struct lh_hang) as text and as an HTML page.
 *
 * Does not inspect processes or find deadlocks.
 */
#ifndef LH_HANG_TEXT_H
#define LH_HANG_TEXT_H

#include "tools/render/render.h"
#include "tools/wait_graph/hang.h"

/* The whole report: findings, threads, notes, and a line with the counts. */
void lh_hang_text(const struct lh_hang *, struct lh_report *, const struct lh_ledger_view *ledger,
		  const struct lh_render_text_style *, FILE *);

/* Only the threads, without ids and times: the same of all processes that do the same. `all`: every
 * thread, with stacks. */
void lh_hang_text_folded(const struct lh_hang *, struct lh_report *,
			 const struct lh_ledger_view *ledger, bool all, FILE *);

/* Only the wait-for graph: every thread, what it holds and waits for, with stacks. */
void lh_thread_dump_print(const struct lh_hang *, struct lh_report *,
			  const struct lh_ledger_view *ledger, FILE *);

/* What the page shows; the style's `with` of its renderer. */
struct lh_hang_page {
	const struct lh_hang *hang;
	struct lh_report *report; /* that of the view */
	const struct lh_ledger_view *ledger;
};
/* The page: findings with their pictures, chains of waits, locks, and every thread. html.c */
lh_renderer lh_hang_html;

#endif
