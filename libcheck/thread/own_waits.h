/*
 * own_waits.h — the waits of one thread that are not yet in the counts of their locks.
 *
 * A thread that waits for a lock all the time would write the lock's counts all the time, and so
 * would all the others: the lines of these counts would move from processor to processor with each
 * acquisition. So of the waits that a thread has within one tick, only the first few are counted at
 * once, with all that is known of them. Of the others the thread keeps the lengths, and adds them
 * to the lock's counts when the tick is over, when they are many, or at its end.
 *
 * Takes no lock. What a thread keeps is lost if the process is killed.
 */
#ifndef LH_THREAD_OWN_WAITS_H
#define LH_THREAD_OWN_WAITS_H

#include "libcheck/thread/thread.h"

/* A wait for this lock begins. True: it is one of the first of the tick, and is counted at once. */
bool lh_own_wait_begin(struct lh_self *self, lh_lock_id lock, enum lh_mode mode);

/* A wait of the others has ended after `ns`, and the thread has the lock. False: count it at once.
 */
static inline bool lh_own_wait_add(struct lh_self *self, lh_lock_id lock, enum lh_mode mode,
				   uint64_t ns)
{
	struct lh_own_waits *w = self->own_wait;

	/* the waits of a signal handler may have taken the entry meanwhile, or filled it */
	if (w->lock != lock || w->mode != mode || w->n >= LH_OWN_WAITS_KEPT || ns > UINT32_MAX)
		return false;
	w->ns[w->n++] = (uint32_t)ns;
	return true;
}

/* The thread ends, or the process: adds what is left. */
void lh_own_waits_end(struct lh_self *self, lh_thread_id thread);

#endif
