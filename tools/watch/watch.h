/*
 * watch.h — samples every process of the run periodically: which thread holds which lock, and how
 * long.
 *
 * A thread of the front end. It reads the ledgers in place, reads /proc for threads that hold a
 * lock for long, and samples a stack where a report needs one. Its results are rows of the overlay
 * (ledger/overlay.h): long holds while they last, calls that block while a lock is held, CPU time
 * of busy waits, deadlocks that the library cannot report, and which site made which site wait.
 * Prints nothing. Writes to no ledger of a running process.
 *
 * - The program pays only for the stops of process/sample.h.
 * - A round is bounded: LIVE_THREADS_MAX live-thread rows, and SAMPLES_A_ROUND stacks of each
 * process.
 * - The next round follows after ROUND_NS if a thread holds a lock or waits, otherwise after
 *   IDLE_NS; later if the round used much CPU time. Holds and waits shorter than a round are
 *   sampled by chance: only their sums are right.
 */
#ifndef LH_WATCH_WATCH_H
#define LH_WATCH_WATCH_H

#include "tools/ledger/reader.h"
#include "tools/ledger/run_file.h"
#include "tools/ledger/overlay.h"

#include <sys/types.h>

struct lh_watch;
struct lh_watch_process;

struct lh_watch_options {
	uint64_t long_hold_ns, blocking_ns; /* 0 off */
	struct {
		const char *name; /* of locks; a pattern with * and ? */
		uint64_t ns;
	} lock[64]; /* limits of these locks, instead of long_hold_ns */
	uint32_t locks;
	/* The lock's name, as reports name it; needed with `lock` only. *names: NULL at first, kept
	 * for the process, and ended by free_names. */
	const char *(*name_lock)(void **names, const struct lh_ledger_view *, lh_lock_id);
	void (*free_names)(void *names);
	struct lh_run_header *run_header; /* its tick is updated in each round; NULL: none */
	bool verbose;                     /* posts LH_WATCH_EXCUSED too */
	int wake;                         /* eventfd, raised at each event */
};

/* EXCUSED: a hold is long, but mostly for reasons outside its thread, and is not reported. */
enum lh_watch_event_kind { LH_WATCH_FOUND, LH_WATCH_ENDED, LH_WATCH_EXCUSED };

struct lh_watch_event {
	void *process;
	enum lh_watch_event_kind kind;
	uint32_t row;   /* of the finding; 0 with LH_WATCH_EXCUSED */
	char text[200]; /* LH_WATCH_ENDED: how the hold ended; LH_WATCH_EXCUSED: why */
};

struct lh_watch *lh_watch_start(const struct lh_watch_options *); /* NULL: see errno */
void lh_watch_stop(struct lh_watch *);

/*
 * Adds a process, whose ledger is mapped at `ledger`. `pid` 0: only the ledger can be read, not
 * /proc or the memory of the process. The mapping must last until lh_watch_drop. NULL: out of
 * memory, or not a ledger.
 */
struct lh_watch_process *lh_watch_add(struct lh_watch *, const void *ledger, size_t size, pid_t pid,
				      void *process);
/* The process has ended: closes open holds and waits. The overlay lasts until lh_watch_forget. */
void lh_watch_drop(struct lh_watch *, struct lh_watch_process *);
void lh_watch_forget(struct lh_watch_process *);
/* The process has ended: withdraws the potential deadlocks that have happened since, and the
 * warnings that belong to a deadlock. Returns how many of them the library or the watch thread has
 * posted. */
uint32_t lh_watch_withdraw(struct lh_watch_process *);
/* Is the finding a warning about a hold that a deadlock keeps from ending? */
bool lh_watch_is_of_deadlock(struct lh_watch_process *, uint32_t row);
/* Looks whether all threads of the process wait forever, and posts the finding if it is new. Takes
 * about 0.1 s. `ledger`: the caller's view. */
void lh_watch_find_lost(struct lh_watch_process *, const struct lh_ledger_view *ledger, pid_t);
/* NULL: there are no rows so far. */
const struct lh_overlay *lh_watch_overlay_of(struct lh_watch *, struct lh_watch_process *);

bool lh_watch_next_event(struct lh_watch *, struct lh_watch_event *); /* false: none */

#endif
