/*
 * deadlocks.h — deadlocks that have happened in a watched run, found in the ledgers of its
 * processes.
 *
 * Reports:
 * - a cycle through a semaphore, which the library may not report because any thread might post it;
 * - a counting semaphore whose permits are all held by deadlocked threads;
 * - a lock whose owner has ended;
 * - every other cycle of blocked threads, in one process or across several, that the library has
 *   not reported (its search is bounded);
 * - as likely: a cycle with exactly one wait in a futex, if only one other thread is known to end
 *   waits there.
 *
 * Reads ledgers only; asks about a process only through struct lh_deadlocks_queries. Writes no row
 * and prints nothing. A wait for a condition or a barrier, or one with a time limit, is never part
 * of a report: it can end by itself, or any thread can end it.
 *
 * - Two samples: a thread counts once two scans have found it in the same wait. The library adds a
 *   held lock after the acquisition and removes it before the release, and a waiting thread does
 *   neither; so the held locks of these threads are exact, and all threads of a cycle were blocked
 *   at the same time. Each wait is read once more before the report.
 * - Any thread may post a semaphore, so a wait for a semaphore counts only after
 *   LH_DEADLOCK_AFTER_NS. The library gets the same time to report a cycle inside one process.
 * - Each wait is reported at most once.
 */
#ifndef LH_WAIT_GRAPH_DEADLOCKS_H
#define LH_WAIT_GRAPH_DEADLOCKS_H

#include "tools/util/arena.h"
#include "tools/ledger/reader.h"

#define LH_DEADLOCK_AFTER_NS 1000000000ull

struct lh_deadlocks;
struct lh_deadlocks_process;

/* The first two are called only for a lock whose owner seems to have ended. */
struct lh_deadlocks_queries {
	/* True if the process has no thread with this tid. */
	bool (*gone)(void *process, int32_t tid);
	/* True if the lock's own bytes name this thread as owner and no thread has this tid. */
	bool (*abandoned)(void *process, const struct lh_lock *, int32_t tid);
	/* Called for few waits, of which the ledger does not tell enough: the address of the futex
	 * on which the thread sleeps, 0: none. */
	uint64_t (*futex)(void *process, int32_t tid);
};

/* A thread of a dropped process; it held a process-shared lock. */
struct lh_dead_thread {
	int32_t pid;
	struct lh_thread thread;
};

struct lh_deadlocks_step {
	struct lh_deadlocks_process *process;
	struct lh_step step;
	const struct lh_dead_thread *dead_thread; /* not NULL: its thread; step.thread is 0 */
};

/* Threads that wait forever; the caller makes a finding from this value. */
struct lh_deadlock {
	enum lh_rule rule;
	struct lh_deadlocks_process *process; /* of several the one added first */
	lh_thread_id thread;                  /* one of its deadlocked threads */
	uint64_t ns;                          /* duration of the shortest of the waits */
	struct lh_deadlocks_step *step;
	uint32_t steps;
	bool across; /* its threads belong to several processes */
	bool likely; /* a cycle with one wait in a futex, whose owner is not certain */
};

struct lh_deadlocks *lh_deadlocks_new(struct lh_deadlocks_queries);
void lh_deadlocks_free(struct lh_deadlocks *);

/* The view must stay valid until lh_deadlocks_drop. `with` is passed to the queries. NULL: out of
 * memory. */
struct lh_deadlocks_process *lh_deadlocks_add(struct lh_deadlocks *, const struct lh_ledger_view *,
					      void *with);
void lh_deadlocks_drop(struct lh_deadlocks *, struct lh_deadlocks_process *);
void *lh_deadlocks_with(const struct lh_deadlocks_process *);

/* One scan. Returns how many deadlocks are new; they are in the arena. now_ns: CLOCK_MONOTONIC. */
uint32_t lh_deadlocks_scan(struct lh_deadlocks *, uint64_t now_ns, struct lh_arena *,
			   struct lh_deadlock **);

#endif
