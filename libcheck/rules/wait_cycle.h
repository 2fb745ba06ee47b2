/*
 * wait_cycle.h — does the wait that begins now close a cycle of waiting threads?
 *
 * Follows the wait-for graph from the calling thread: the holders of its lock, the locks that these
 * wait for, and so on, until the search returns to the calling thread or reaches threads that can
 * continue. Only waits without a time limit count.
 *
 * The result is consistent although no thread is stopped: a hold is recorded after the lock was
 * acquired and removed before the lock is released, so a thread with a recorded hold does hold the
 * lock; and a thread that waits in the cycle cannot release a lock meanwhile. A second search
 * checks that no wait has changed since the first.
 *
 * A semaphore ends the search, because any thread may post it; the front end finds deadlocks
 * through semaphores (tools/wait_graph/). Needs the internal lock.
 */
#ifndef LH_RULES_WAIT_CYCLE_H
#define LH_RULES_WAIT_CYCLE_H

#include "libcheck/rules/finding.h"
#include "libcheck/thread/thread.h"

/* Call after the wait of `me` is announced in its live-thread row. Returns the row of a new
 * finding, or 0. */
uint32_t lh_wait_cycle_check(struct lh_self *self);

bool lh_wait_cycle_init(void); /* at start, and again in a forked child */

#endif
