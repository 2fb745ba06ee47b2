/*
 * cross_process.h — lock-order cycles across the processes of a run, found by the library's order
 * graph.
 *
 * The dependencies of several processes are put into one set of rows
 * (libcheck/order_graph/order_graph.h). A process-shared lock at one location of the same memory is
 * one row, whichever process acquires it; all threads are distinct; a stack is the same in every
 * process that runs the same code, so a hundred workers are one dependency with visits of a hundred
 * threads. A cycle inside one process is left to its own order graph, which has reported it; but if
 * that order graph gave up searches, the process is checked again, with more steps.
 *
 * Between processes a fork orders for certain: the child comes after what the thread that forked
 * had done. That a process was started by another in another way, or ended before another began,
 * may be an order or chance: a cycle that counts only if it is chance is a warning.
 *
 * Two locks at one location are one lock only if no process has known two locks there and at most
 * one process has initialized the lock. Locks of different boots are never one. A lock of unknown
 * location is never merged.
 *
 * Adds findings to a report. Does not print, and changes no other finding. See docs/theory.md.
 */
#ifndef LH_LOCK_ORDER_CROSS_PROCESS_H
#define LH_LOCK_ORDER_CROSS_PROCESS_H

#include "tools/report/report.h"

/* Call before lh_cross_run_check and lh_report_finish. `filtered`: also adds filtered cycles. */
void lh_cross_process_check(struct lh_report *, bool filtered);

#endif
