/*
 * deadlocks.h — which threads of a run wait for ever, from what the ledgers of its processes say.
 *
 * Tells what the library may not tell, or cannot: a circle through a semaphore, since anyone
 * might post it; a pool that is used up; a lock whose owner has ended. Whatever else forms a
 * circle, in one process or through several, and is not told by the library after all (its search
 * is bounded) is told as well.
 *
 * Pure but for two questions (struct lh_still_asks): no process is asked by itself, no row is
 * written, nothing is printed. Waits for a condition or a barrier, and those with a limit, are
 * never part of what is told: they can end by themselves or by anybody.
 *
 * - Two looks: a thread counts from the second look on that finds it in the same wait. Since a
 *   hold is written down after the lock was taken and taken out before it is given back, and a
 *   thread in a wait does neither, the holds of such threads are facts, and a circle of them
 *   has stood still as a whole. It is looked at once more before it is told.
 * - Anyone may post a semaphore: only when all of them have stood still for LH_STILL_NS is it
 *   told. The same time is given to the library to tell what is its own.
 * - Each wait is told at most once.
 */
#ifndef LH_STILL_H
#define LH_STILL_H

#include "tools/util/arena.h"
#include "tools/ledger/reader.h"

#define LH_STILL_NS 1000000000ull

struct lh_still;
struct lh_still_process;

/* Asked only of what is about to be told. */
struct lh_still_asks {
	/* No thread of this number is left in the process. */
	bool (*gone)(void *process, int32_t tid);
	/* The lock's own bytes say that this thread has it, and there is no such thread anywhere.
	 */
	bool (*kept)(void *process, const struct lh_lock *, int32_t tid);
};

/* A thread of a process that has been dropped, and held a lock that others share. */
struct lh_still_ghost {
	int32_t pid, tid;
	char name[LH_NAME_MAX];
};

struct lh_still_step {
	struct lh_still_process *process;
	struct lh_step step;
	const struct lh_still_ghost *ghost; /* not NULL: it did this, and step.thread is 0 */
};

/* Threads that wait for ever: a finding to be. */
struct lh_knot {
	enum lh_rule rule;
	struct lh_still_process *process; /* of several the one that came first */
	lh_thread_id thread;              /* one of it */
	uint64_t ns;                      /* it has lasted for so long */
	struct lh_still_step *step;
	uint32_t steps;
	bool across; /* its threads are of several processes */
};

struct lh_still *lh_still_new(struct lh_still_asks);
void lh_still_free(struct lh_still *);

/* The record must live until it is dropped. `with` is handed to the questions. NULL: no memory. */
struct lh_still_process *lh_still_add(struct lh_still *, const struct lh_record *, void *with);
void lh_still_drop(struct lh_still *, struct lh_still_process *);
void *lh_still_with(const struct lh_still_process *);

/* One look; what has to be told now, in memory of the pool. now_ns: any clock that goes on. */
uint32_t lh_still_look(struct lh_still *, uint64_t now_ns, struct lh_pool *, struct lh_knot **);

#endif
