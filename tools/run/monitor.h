/*
 * monitor.h — watches a run from the program's start to the end of all it started.
 *
 * One loop: who came, who ended, what was found, which signals are for the program,
 * is it time to end it. Prints findings as they come. Does not decide the exit status
 * and writes no report: that is cmd_run, from what stands here at the end.
 *
 * - The program sees the same signals as without us: what the terminal sends reaches it
 *   by itself, what was sent to us alone is passed on, what it sent itself is not.
 * - A stop by the terminal stops us too, so that the shell gets its prompt.
 * - The work of one round is bounded, whatever the number of processes.
 */
#ifndef LH_RUN_MONITOR_H
#define LH_RUN_MONITOR_H

#include <signal.h>

#include "tools/run/processes.h"
#include "tools/project/project.h"
#include "tools/render/render.h"
#include "tools/run/unwatched.h"
#include "tools/run/clock_thread.h"
#include "tools/watch/watch.h"

enum lh_on_deadlock { LH_ON_AUTO, LH_ON_REPORT, LH_ON_EXIT, LH_ON_ABORT, LH_ON_STOP };

struct lh_monitor {
	/* asked for */
	struct lh_render_text_style style;
	enum lh_on_deadlock on_deadlock; /* not LH_ON_AUTO */
	uint64_t timeout_ns;             /* 0 never */
	bool wait;                       /* for what the program left running */
	bool quiet;
	struct lh_watch_options watch_for;
	struct lh_project *project; /* what is known is not printed; NULL: all is new */
	/* as it came out */
	int status; /* of the program, as wait gives it */
	bool timed_out;
	bool ended_by_us;       /* its death says nothing of it */
	uint32_t still_running; /* processes that were still running when we went */
	struct lh_run run;
	struct lh_unwatched unwatched;
	uint32_t unwatched_reported; /* of those that have a name there; -v only */
	struct lh_symbols *symbols;
	struct lh_report *reported; /* the findings that were printed */
	/* on the way */
	struct lh_clock_thread clock;
	struct lh_watch *watch; /* NULL: long holds and blocking calls are not looked for */
	pid_t program;
	int signals;  /* signalfd */
	int arrivals; /* eventfd, raised by the ticker */
	bool over, give_up, leftovers_reported;
	uint64_t start, ended, end_at, kill_at, names_at, busy_until;
};

/* Before the program is started: the run file, the signals. False: `why`. */
bool lh_monitor_open(struct lh_monitor *m, char *why, size_t capacity);
/* Returns when all is over; every ledger is in the crew's store then. */
void lh_monitor_run(struct lh_monitor *m, pid_t program);
void lh_monitor_close(struct lh_monitor *m);

#endif
