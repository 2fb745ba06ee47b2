/*
 * progress.h — shows how far a session is.
 *
 * On a terminal, one line that is rewritten: which finding, which attempt, which threads wait at
 * which stop. Otherwise nothing, or with -v one line for each attempt.
 */
#ifndef LH_CONFIRM_PROGRESS_H
#define LH_CONFIRM_PROGRESS_H

#include "tools/run/monitor.h"

struct lh_progress {
	bool shows;    /* the log is a terminal */
	uint64_t next; /* time of the next look */
	/* of the attempt */
	const struct lh_report *report;
	const struct lh_report_finding *finding; /* of the first cycle of the plan */
	uint32_t number, of;                     /* of the finding */
	uint32_t attempt, attempts;
};

void lh_progress_open(struct lh_progress *, bool quiet);
/* For struct lh_monitor: on_round. The line is one of lh_log_passing. */
void lh_progress_update(void *progress, struct lh_monitor *);

#endif
