/*
 * monitor.h — watches a run from the start of the program to the end of all its processes.
 *
 * One loop handles arrivals, ends, findings, signals and time limits. Prints findings as they come.
 * Does not decide the exit status and writes no report: tools/cmd/run.c does, from this struct.
 *
 * - The program gets the same signals as without us. A signal of the terminal reaches it by itself,
 *   a signal that was sent to us alone is forwarded, a signal that the program sent is not.
 * - A stop by the terminal stops us too, so that the shell prints its prompt.
 * - The work of one round is bounded, for any number of processes.
 * - One thread makes all calls. The clock thread and the watch thread belong to the monitor.
 */
#ifndef LH_RUN_MONITOR_H
#define LH_RUN_MONITOR_H

#include <signal.h>

#include "tools/run/all_wait.h"
#include "tools/run/deadlock_grace.h"
#include "tools/run/held_back.h"
#include "tools/run/processes.h"
#include "tools/project/project.h"
#include "tools/render/render.h"
#include "tools/run/reach.h"
#include "tools/run/unwatched.h"
#include "tools/run/clock_thread.h"
#include "tools/watch/watch.h"

enum lh_on_deadlock { LH_ON_AUTO, LH_ON_REPORT, LH_ON_EXIT, LH_ON_ABORT, LH_ON_STOP, LH_ON_CORE };

struct lh_monitor {
	/* set by the caller */
	struct lh_render_text_style style;
	struct lh_report_options report_options; /* of each report that is made of the run */
	enum lh_on_deadlock on_deadlock;         /* not LH_ON_AUTO */
	uint64_t grace_ns;                       /* how long a deadlock must last before that */
	uint64_t timeout_ns;                     /* 0: none */
	uint64_t lost_ns; /* after which all threads of a process wait forever; 0: never */
	bool wait;        /* for processes that the program left running */
	bool quiet;
	struct lh_watch_options watch_for;
	struct lh_project *project; /* its known findings are not printed; NULL: all are new */
	bool limit_expected; /* the time limit is how the program ends: its threads are not shown */
	bool predictions_later; /* potential cycles are not printed: the caller does it */
	/* An attempt of lockhound confirm: no finding is printed, nothing outlives the program, and
	 * a signal that would end this process ends the attempt. */
	bool attempt;
	struct lh_symbols *symbols;                        /* NULL: the monitor makes its own */
	void (*on_round)(void *with, struct lh_monitor *); /* called in each round; NULL: nothing */
	void *with;
	/* results */
	int interrupted; /* a signal to this process that would have ended it, 0: none */
	int status;      /* wait status of the program */
	bool timed_out;
	bool ended_by_us; /* `status` is then our doing */
	/* processes that were running when the monitor finished; of an attempt: when the program
	 * had ended, so that they were ended too */
	uint32_t still_running;
	struct lh_run run;
	struct lh_reach reach;
	struct lh_unwatched unwatched; /* its `only` and `skip` are set by the caller */
	uint32_t unwatched_reported;   /* names in `unwatched` that were logged; with -v only */
	struct lh_report *reported;    /* findings that were printed, or known */
	/* while it runs */
	struct lh_clock_thread clock;
	struct lh_deadlock_grace deadlocks; /* that were reported */
	struct lh_held_back held_back;      /* warnings that are not printed yet */
	struct lh_watch *watch;             /* NULL: long holds and blocking calls are not found */
	pid_t program;
	int signals;  /* signalfd */
	int arrivals; /* eventfd, raised by the clock thread and the watch thread */
	bool over, give_up, leftovers_reported, own_symbols;
	uint64_t start, ended, kill_at, names_at, lost_at, busy_until;
};

/* Opens the run file and the signalfd; call it before the program starts. False: see `error`. */
bool lh_monitor_open(struct lh_monitor *m, char *error, size_t capacity);
/* Returns when the run is over; every ledger is then in the store of `run`. */
void lh_monitor_run(struct lh_monitor *m, pid_t program);
void lh_monitor_close(struct lh_monitor *m);
/* The processes that are there now, left by an earlier run, are not ended with the next ones. */
void lh_monitor_leave_present(void);

#endif
