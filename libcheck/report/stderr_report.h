/*
 * stderr_report.h — reports findings on stderr when no front end runs.
 *
 * With LD_PRELOAD alone the library prints each finding at once: rule, threads, locks, and frames
 * as module+offset; `lockhound report` adds names and source lines. Findings that differ only in
 * outer frames are printed once. It writes only to the file that was stderr at the start: if
 * descriptor 2 is another file now, if a write could wait, or if the process has set a seccomp
 * filter, nothing is printed.
 *
 * Does not decide what is a finding. Needs no lock.
 */
#ifndef LH_REPORT_STDERR_REPORT_H
#define LH_REPORT_STDERR_REPORT_H

#include "libcheck/ledger/own_ledger.h"

enum { LH_STDERR_REPORT_BYTES = 3584 /* less than a pipe takes in one piece */ };

void lh_stderr_report_init(void);
void lh_stderr_report_no_room(const char *program); /* why the program is not watched */
void lh_stderr_report_forked(void);                 /* the child has reported nothing yet */
/* `buffer` has LH_STDERR_REPORT_BYTES bytes, because a hook must use little stack. */
void lh_stderr_report(uint32_t finding, char *buffer);
void lh_stderr_report_end(void);

#endif
