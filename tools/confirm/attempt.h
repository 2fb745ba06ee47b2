/*
 * attempt.h — one more run of the program, with a plan: what became of the plan's cycles.
 *
 * The program's standard input is empty, and its output is not shown unless that is asked for.
 * Nothing is logged. When the program has ended, what it left running is ended too; so is the
 * program if it deadlocks, or after a time limit. Gives no verdict: verdict.h does.
 */
#ifndef LH_CONFIRM_ATTEMPT_H
#define LH_CONFIRM_ATTEMPT_H

#include "tools/run/start.h"

struct lh_attempt_run {
	/* set by the caller */
	struct lh_start *start;
	const struct lh_plan *plan;
	struct lh_symbols *symbols;
	enum lh_on_deadlock on_deadlock; /* not LH_ON_AUTO */
	uint64_t limit_ns;
	bool show; /* the program's output */
	void (*on_round)(void *with, struct lh_monitor *);
	void *with;
	/* results */
	enum lh_start_error error;
	int status; /* wait status of the program */
	bool complete; /* all of it ended by itself, and no deadlock happened in it */
	bool ended_by_us, timed_out;
	int interrupted; /* as in struct lh_monitor */
	uint64_t ns;     /* how long it took */
	struct lh_ledger_file file;
	struct lh_report *report; /* of this run alone; NULL: no process has a ledger */
};

/* Returns when all processes of the attempt have ended. Call lh_attempt_close in any case. */
void lh_attempt_run(struct lh_attempt_run *);
void lh_attempt_close(struct lh_attempt_run *);

/*
 * What became of a cycle of the plan, in all processes together; *process: the one whose row has
 * the reason, NULL: none.
 */
struct lh_steered lh_attempt_row(const struct lh_attempt_run *, uint32_t cycle,
				 const struct lh_report_process **process);
/* Is it a deadlock that happened in the attempt, and lasted? */
bool lh_attempt_is_deadlock(const struct lh_report_finding *);
/* Did the cycle of the finding, which may be of another run, happen in the attempt? */
bool lh_attempt_happened(const struct lh_attempt_run *, const struct lh_report_finding *);

#endif
