/*
 * deadlocks.h — which threads of a run wait for ever, from what the ledgers of its processes say.
 *
 * Tells what the library may not tell, or cannot: a circle through a semaphore, since anyone
 * might post it; a pool that is used up; a lock whose owner has ended. Whatever else forms a
 * circle, in one process or through several, and is not told by the library after all (its search
 * is bounded) is told as well.
 *
 * Pure but for two questions (struct lh_deadlocks_queries): no process is asked by itself, no row
 * is written, nothing is printed. Waits for a condition or a barrier, and those with a limit, are
 * never part of what is told: they can end by themselves or by anybody.
 *
 * - Two looks: a thread counts from the second look on that finds it in the same wait. Since a
 *   hold is written down after the lock was taken and taken out before it is given back, and a
 *   thread in a wait does neither, the holds of such threads are facts, and a circle of them
 *   has stood still as a whole. It is looked at once more before it is told.
 * - Anyone may post a semaphore: only when all of them have stood still for LH_DEADLOCK_AFTER_NS is
 * it told. The same time is given to the library to tell what is its own.
 * - Each wait is told at most once.
 */
#ifndef LH_WAIT_GRAPH_DEADLOCKS_H
#define LH_WAIT_GRAPH_DEADLOCKS_H

#include "tools/util/arena.h"
#include "tools/ledger/reader.h"

#define LH_DEADLOCK_AFTER_NS 1000000000ull

struct lh_deadlocks;
struct lh_deadlocks_process;

/* Asked only of what is about to be told. */
struct lh_deadlocks_queries {
	/* No thread of this number is left in the process. */
	bool (*gone)(void *process, int32_t tid);
	/* The lock's own bytes say that this thread has it, and there is no such thread anywhere.
	 */
	bool (*abandoned)(void *process, const struct lh_lock *, int32_t tid);
};

/* A thread of a process that has been dropped, and held a lock that others share. */
struct lh_dead_thread {
	int32_t pid, tid;
	char name[LH_NAME_MAX];
};

struct lh_deadlocks_step {
	struct lh_deadlocks_process *process;
	struct lh_step step;
	const struct lh_dead_thread *dead_thread; /* not NULL: it did this, and step.thread is 0 */
};

/* Threads that wait for ever: a finding to be. */
struct lh_deadlock {
	enum lh_rule rule;
	struct lh_deadlocks_process *process; /* of several the one that came first */
	lh_thread_id thread;                  /* one of it */
	uint64_t ns;                          /* it has lasted for so long */
	struct lh_deadlocks_step *step;
	uint32_t steps;
	bool across; /* its threads are of several processes */
};

struct lh_deadlocks *lh_deadlocks_new(struct lh_deadlocks_queries);
void lh_deadlocks_free(struct lh_deadlocks *);

/* The record must live until it is dropped. `with` is handed to the questions. NULL: no memory. */
struct lh_deadlocks_process *lh_deadlocks_add(struct lh_deadlocks *, const struct lh_ledger_view *,
					      void *with);
void lh_deadlocks_drop(struct lh_deadlocks *, struct lh_deadlocks_process *);
void *lh_deadlocks_with(const struct lh_deadlocks_process *);

/* One look; what has to be told now, in memory of the pool. now_ns: any clock that goes on. */
uint32_t lh_deadlocks_scan(struct lh_deadlocks *, uint64_t now_ns, struct lh_arena *,
			   struct lh_deadlock **);

#endif
