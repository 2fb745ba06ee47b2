/*
 * session.h — tries each predicted cycle of a report, and gives its findings their proofs.
 *
 * Runs the program again and again: a finding that has no verdict yet comes first in the plan of an
 * attempt, then the next; all others that have none share the run. Ends when each finding has its
 * verdict, or its attempts or the time are used up. Does not choose the exit status.
 */
#ifndef LH_CONFIRM_SESSION_H
#define LH_CONFIRM_SESSION_H

#include "tools/confirm/attempt.h"

struct lh_session {
	/* set by the caller */
	struct lh_start *start;
	struct lh_report *report; /* finished; gets the proofs */
	uint32_t runs;            /* attempts for each finding */
	uint64_t budget_ns;       /* for all attempts; 0: no limit */
	uint64_t run_ns;          /* how long a run takes that is not steered; 0: not known */
	int status;               /* wait status of such a run, -1: not known */
	const char *ids;    /* fingerprints of the findings to try, in lines; "": all new ones */
	const char *replay; /* the settings of the one attempt to make; "": none */
	const char *repeat; /* options of the command that makes an attempt again */
	enum lh_severity least;          /* of the findings to try */
	enum lh_on_deadlock on_deadlock; /* of the first attempt that deadlocks */
	/* results */
	uint32_t tried, attempts; /* findings; runs of the program */
	bool failed;              /* an attempt could not be started */
	int interrupted;          /* a signal that ended the session, 0: none */
	struct lh_session_private *private_data;
};

/* False: an error was reported in one line. Call lh_session_close in either case, after the last
 * use of the report. */
bool lh_session_run(struct lh_session *);
void lh_session_close(struct lh_session *);

#endif
