/*
 * own_reads.h — the shared acquisitions of one thread that are not yet in the counts of their
 * locks.
 *
 * Many threads may hold a lock shared, so its count needs an atomic addition for each, and its line
 * moves from processor to processor. So of the shared acquisitions of a lock that a thread makes
 * within one tick, only the first few are counted at once (own_count.h).
 */
#ifndef LH_THREAD_OWN_READS_H
#define LH_THREAD_OWN_READS_H

#include "libcheck/thread/own_count.h"

static inline __attribute__((always_inline)) struct lh_own_count *
lh_own_reads_of(struct lh_self *self, lh_lock_id lock)
{
	return &self->own_reads[lock & (LH_OWN_READS - 1)];
}

/* Counts one that is not kept. */
void lh_own_read_count(struct lh_self *self, struct lh_lock *l, lh_lock_id lock);

/* The thread ends, or the process: adds what is left. */
void lh_own_reads_end(struct lh_self *self);

#endif
