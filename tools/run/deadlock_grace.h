/*
 * deadlock_grace.h — the deadlocks of a run that have been reported, and for how long each has
 * lasted.
 *
 * A deadlock may end after all: another thread releases the lock, posts the semaphore, or cancels a
 * thread. Then the library or the watch thread changes the finding's row (LH_FINDING_ENDED), and
 * may change it back when the same deadlock happens again. Reads rows only; prints nothing and ends
 * no process.
 */
#ifndef LH_RUN_DEADLOCK_GRACE_H
#define LH_RUN_DEADLOCK_GRACE_H

#include "tools/run/processes.h"

struct lh_followed_deadlock {
	struct lh_run_process *process;
	uint32_t row;
	uint64_t mark;        /* hash of its waits */
	uint64_t since;       /* since then these waits have not changed; 0: it has ended */
	bool ended, returned; /* returned by lh_grace_next_ended, by lh_grace_expired */
};

struct lh_deadlock_grace {
	struct lh_followed_deadlock *list;
	uint32_t n, capacity;
};

/* Follows the row from now on, if it is a deadlock or was one. */
void lh_grace_add(struct lh_deadlock_grace *, struct lh_run_process *, uint32_t row, uint64_t now);
/* Does a deadlock of the process go on? */
bool lh_grace_has(const struct lh_deadlock_grace *, const struct lh_run_process *);
void lh_grace_drop(struct lh_deadlock_grace *, const struct lh_run_process *);
void lh_grace_free(struct lh_deadlock_grace *);

/* Reads all rows again. Call before the next three. */
void lh_grace_read(struct lh_deadlock_grace *, uint64_t now);
/* The next deadlock that has ended, each once. */
const struct lh_followed_deadlock *lh_grace_next_ended(struct lh_deadlock_grace *);
/* The next deadlock that has lasted for this time, each once; NULL: none. */
const struct lh_followed_deadlock *lh_grace_expired(struct lh_deadlock_grace *, uint64_t now,
						    uint64_t ns);
#endif
