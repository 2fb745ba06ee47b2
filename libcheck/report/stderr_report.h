/*
 * stderr_report.h — a finding told without the front end.
 *
 * With LD_PRELOAD alone the library says each finding as it comes: rule, threads,
 * locks, frames as module+offset; names and source lines are `lockhound report`'s. It
 * writes to the stderr that it was born with and nowhere else: if descriptor 2 means
 * another file by now, or a write could wait, it stays silent.
 *
 * Does not decide anything. Wants no lock.
 */
#ifndef LH_REPORT_STDERR_REPORT_H
#define LH_REPORT_STDERR_REPORT_H

#include "libcheck/ledger/own_ledger.h"

enum { LH_STDERR_REPORT_BYTES = 3584 /* less than a pipe takes in one piece */ };

void lh_stderr_report_init(void);
/* `page` has LH_STDERR_REPORT_BYTES bytes: a hook may not use much stack. */
void lh_stderr_report(uint32_t finding, char *page);
void lh_stderr_report_end(void);

#endif
