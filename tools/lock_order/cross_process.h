/*
 * cross_process.h — circles of a whole run: its processes judged together, by the judge of the
 * library.
 *
 * The dependencies of several processes are put into one set of rows
 * (libcheck/order_graph/order_graph.h). A process-shared lock that lies in one place of the same
 * memory is one row, whoever takes it; the threads are all distinct; a stack is the same in every
 * process that runs the same code, so a hundred workers are one dependency that a hundred threads
 * were seen at. What one process shows by itself is left to its own judge, who has told it; but
 * where that judge gave up, the process is judged again, with more steps.
 *
 * What orders two processes is known of a fork: the child came after what its parent's thread
 * had done. That one process was started by another in another way, or that one ended before
 * the other began, may be an order or chance: a circle that counts only if it is chance is a
 * warning.
 *
 * Two locks at one place are taken for one only if nothing speaks against it: no process has
 * known two locks there, and at most one has initialised it. Locks of different boots are
 * never one. What is not known is not joined.
 *
 * Adds findings to a model. Does not print, and changes no other finding. docs/theory.md.
 */
#ifndef LH_LOCK_ORDER_CROSS_PROCESS_H
#define LH_LOCK_ORDER_CROSS_PROCESS_H

#include "tools/report/report.h"

/* Before lh_cross_run_check and lh_report_finish. `filtered`: also what a filter sets aside. */
void lh_cross_process_check(struct lh_report *, bool filtered);

#endif
