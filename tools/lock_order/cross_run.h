/*
 * cross_run.h — cycles of locks whose halves were seen in different processes or runs.
 *
 * Compares locks by what they are called, because no lock is the same object in two runs.
 */
#ifndef LH_LOCK_ORDER_CROSS_RUN_H
#define LH_LOCK_ORDER_CROSS_RUN_H

#include "tools/report/report.h"
#include "tools/util/arena.h"

/* Adds the cycles as warnings. Before lh_report_finish. */
void lh_cross_run_check(struct lh_report *);

/* cross_run_rows.c: the orders of each process, with the locks of one class as one. */
struct lh_cross_run_orders {
	struct lh_report_order **order;
	uint32_t n;
	struct lh_cross_run_process **process; /* private: a process each */
	uint32_t processes;
};
struct lh_cross_run_orders lh_cross_run_collect(struct lh_report *, struct lh_arena *);
/* The thing that stands for a lock there; NULL: it is in none of the orders. */
const struct lh_report_lock *lh_cross_run_lock(struct lh_report *,
					       const struct lh_cross_run_orders *,
					       const struct lh_report_process *, lh_lock_id);
void lh_cross_run_free(struct lh_cross_run_orders *);

#endif
