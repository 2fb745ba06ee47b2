/*
 * reason.h — the proof of a finding in words: why its deadlock happened, cannot happen, or was not
 * seen to happen.
 *
 * Does not decide: the verdict is that of verdict.h. Does not print.
 */
#ifndef LH_CONFIRM_REASON_H
#define LH_CONFIRM_REASON_H

#include "tools/confirm/verdict.h"

struct lh_reason_facts {
	/* whose cycle was tried: one of those that the finding merges; NULL: the finding */
	const struct lh_report_finding *of;
	struct lh_outcome outcome;
	const struct lh_attempt *attempt; /* all of them: outcome.runs */
	/*
	 * The process of attempt[outcome.attempt] whose row has the reason, and the report that has
	 * its ledger; not the report of the finding, whose summary would count the process. Both
	 * may be freed afterwards. NULL: what ordered the threads is not named.
	 */
	struct lh_report *report;
	const struct lh_report_process *process;
	const char *why;    /* why it is open, if the attempts do not tell; NULL: they do */
	const char *replay; /* a command line, for a shell; NULL none */
};

/* Makes the proof of a finding and sets it; lh_report_finish follows. */
void lh_prove(struct lh_report *, struct lh_report_finding *, const struct lh_reason_facts *);

#endif
