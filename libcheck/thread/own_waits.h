/*
 * own_waits.h — the waits of one thread that are not yet in the counts of their locks.
 *
 * A thread that waits for a lock all the time would write the lock's counts all the time, and so
 * would all the others: the lines of these counts would move from processor to processor with each
 * acquisition. So of the waits of a thread only the first few are counted at once, and the first
 * after a second without any (own_count.h). Of the others the thread keeps the number, and the
 * lengths of some: also of the first of a tick. A wait that outlasts its tick is counted at once.
 */
#ifndef LH_THREAD_OWN_WAITS_H
#define LH_THREAD_OWN_WAITS_H

#include "libcheck/thread/own_count.h"

/* Readers and writers of one lock have different entries. */
static inline struct lh_own_waits *lh_own_waits_of(struct lh_self *self, lh_lock_id lock,
						   enum lh_mode mode)
{
	return &self->own_waits[(lock + mode * (LH_OWN_WAITS / 2)) & (LH_OWN_WAITS - 1)];
}

/* A wait for this lock begins. True: it is one of the first, and is counted at once. */
bool lh_own_wait_begin_slow(struct lh_self *self, struct lh_own_waits *w, lh_lock_id lock,
			    enum lh_mode mode);
static inline bool lh_own_wait_begin(struct lh_self *self, lh_lock_id lock, enum lh_mode mode)
{
	struct lh_own_waits *w = lh_own_waits_of(self, lock, mode);

	return !lh_own_is_kept(&w->count, lock, lh_clock_tick()) &&
	       lh_own_wait_begin_slow(self, w, lock, mode);
}

/* A wait of the others has ended, and the thread has the lock. 0: it is kept; otherwise it is to be
 * counted at once, and has ended at this time. */
static inline uint64_t lh_own_wait_end(struct lh_self *self, lh_lock_id lock, enum lh_mode mode,
				       uint64_t since_ns)
{
	enum { LENGTHS = LH_OWN_WAITS_KEPT / LH_OWN_WAITS_MEASURED };
	struct lh_own_waits *w = lh_own_waits_of(self, lock, mode);

	/* the tick is over; or the waits of a signal handler have taken the entry, or filled it */
	if (LH_UNLIKELY(!lh_own_is_kept(&w->count, lock, lh_clock_tick())))
		return lh_clock_now();
	if (w->count.room % LH_OWN_WAITS_MEASURED == 0) {
		uint64_t now = lh_clock_now();
		if (now - since_ns > UINT32_MAX || w->measured >= LENGTHS)
			return now;
		w->ns[w->measured++] = (uint32_t)(now - since_ns);
	}
	w->count.room--;
	return 0;
}

/* The thread ends, or the process: adds what is left. */
void lh_own_waits_end(struct lh_self *self, lh_thread_id thread);

#endif
