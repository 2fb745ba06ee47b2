/*
 * thread_dump.h — prints every thread of one process: which locks it holds, since when, where it
 * acquired them, what it waits for, and which threads block it.
 *
 * For a run that reached its time limit and for a process that was killed. Reports no findings.
 */
#ifndef LH_HANG_THREAD_DUMP_H
#define LH_HANG_THREAD_DUMP_H

#include "tools/report/report.h"

#include <stdio.h>
#include <sys/types.h>

/* Of a live process: also prints what the kernel knows of its threads. */
void lh_thread_dump_live(const struct lh_ledger_view *, pid_t, struct lh_report_options, FILE *);
/* From the ledger alone. */
void lh_thread_dump_ledger(const struct lh_ledger_view *, struct lh_report_options, FILE *);
/* True if the process did not end by itself and a thread held or waited for something. */
bool lh_thread_dump_is_useful(const struct lh_ledger_view *);

#endif
