/*
 * cross_run.h — lock-order cycles whose halves were seen in different processes or runs.
 *
 * One test acquires a, then b; another test b, then a: no process has shown a cycle, and the code
 * has one. Which locks of two processes are the same is a guess by their names (same_locks.c), so
 * the findings are warnings. The order graph decides, with the same rules for gate locks, readers
 * and happens-before edges as inside one process.
 */
#ifndef LH_LOCK_ORDER_CROSS_RUN_H
#define LH_LOCK_ORDER_CROSS_RUN_H

#include "tools/report/report.h"
#include "tools/util/arena.h"

/* Adds the cycles as warnings. Call before lh_report_finish. */
void lh_cross_run_check(struct lh_report *);

/* ---- same_locks.c ---- */

struct lh_same_locks;
struct lh_merged_run;

/* Selects processes that show orders; of equal ones, one. */
struct lh_same_locks *lh_same_locks_new(struct lh_report *, struct lh_arena *);
/* Adds these processes to the run. */
void lh_same_locks_add_processes(const struct lh_same_locks *, struct lh_merged_run *);
/* How many distinct chains these processes have. */
uint32_t lh_same_locks_chains(const struct lh_same_locks *);
/* Finds which locks are the same; returns a number above that of every lock. */
uint32_t lh_same_locks_name(struct lh_same_locks *);
/* The id of the report's lock that stands for this lock of the i-th process; 0: no chain has it. */
uint32_t lh_same_locks_of(struct lh_same_locks *, uint32_t process, lh_lock_id);

#endif
