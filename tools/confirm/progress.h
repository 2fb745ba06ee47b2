/*
 * progress.h — shows how far a session is.
 *
 * On a terminal, one line that is rewritten: which finding, which attempt, which threads wait at
 * which stop. Otherwise nothing, or with -v one line for each attempt.
 */
#ifndef LH_CONFIRM_PROGRESS_H
#define LH_CONFIRM_PROGRESS_H

#include "tools/run/monitor.h"

struct lh_attempt_progress {
	const struct lh_report *report;
	const struct lh_report_finding *finding; /* of the first cycle of the plan */
	uint32_t number, of;                     /* of the finding */
	uint32_t attempt, attempts;
};

/* For struct lh_monitor: on_round. The line is that of util/progress.h, which the session opens. */
void lh_attempt_progress_update(void *progress, struct lh_monitor *);

#endif
