/*
 * own_waits.h — the waits of one thread that are not yet in the counts of their locks.
 *
 * A thread that waits for a lock all the time would write the lock's counts all the time, and so
 * would all the others: the lines of these counts would move from processor to processor with each
 * acquisition. So of the waits that a thread has within one tick, only the first few are counted at
 * once, with all that is known of them. The thread keeps the number of the others, and the lengths
 * of some, and adds them to the lock's counts when the tick is over, when they are many, or at its
 * end. A wait that outlasts its tick is always measured.
 *
 * Takes no lock. What a thread keeps is lost if the process is killed.
 */
#ifndef LH_THREAD_OWN_WAITS_H
#define LH_THREAD_OWN_WAITS_H

#include "libcheck/thread/thread.h"

/* Readers and writers of one lock have different entries. */
static inline struct lh_own_waits *lh_own_waits_of(struct lh_self *self, lh_lock_id lock,
						   enum lh_mode mode)
{
	return &self->own_waits[(LH_LOCK_ROW(lock) + mode * (LH_OWN_WAITS / 2)) &
				(LH_OWN_WAITS - 1)];
}

static inline uint64_t lh_own_waits_key(lh_lock_id lock, enum lh_mode mode)
{
	return (uint64_t)mode << 32 | lock;
}

/* Does the thread wait so often for this lock that a wait at this tick need not be counted at once?
 */
static inline bool lh_own_waits_often(const struct lh_own_waits *w, uint64_t key, uint32_t tick)
{
	return w->key == key && w->tick == tick && w->at_once >= LH_OWN_WAITS_AT_ONCE &&
	       w->n < LH_OWN_WAITS_KEPT;
}

/* A wait for this lock begins. True: it is one of the first of the tick, and is counted at once. */
bool lh_own_wait_begin_slow(struct lh_self *self, struct lh_own_waits *w, uint64_t key,
			    uint32_t tick);
static inline bool lh_own_wait_begin(struct lh_self *self, lh_lock_id lock, enum lh_mode mode)
{
	struct lh_own_waits *w = lh_own_waits_of(self, lock, mode);
	uint64_t key = lh_own_waits_key(lock, mode);
	uint32_t tick = lh_clock_tick();

	return !lh_own_waits_often(w, key, tick) && lh_own_wait_begin_slow(self, w, key, tick);
}

/* A wait of the others has ended, and the thread has the lock. 0: it is kept; otherwise it is to be
 * counted at once, and has ended at this time. */
static inline uint64_t lh_own_wait_end(struct lh_self *self, lh_lock_id lock, enum lh_mode mode,
				       uint64_t since_ns)
{
	struct lh_own_waits *w = lh_own_waits_of(self, lock, mode);

	/* the tick is over; or the waits of a signal handler have taken the entry, or filled it */
	if (!lh_own_waits_often(w, lh_own_waits_key(lock, mode), lh_clock_tick()))
		return lh_clock_now();
	if (w->n % LH_OWN_WAITS_MEASURED == 0) {
		uint64_t now = lh_clock_now();
		if (now - since_ns > UINT32_MAX)
			return now;
		w->ns[w->measured++] = (uint32_t)(now - since_ns);
	}
	w->n++;
	return 0;
}

/* The thread ends, or the process: adds what is left. */
void lh_own_waits_end(struct lh_self *self, lh_thread_id thread);

#endif
