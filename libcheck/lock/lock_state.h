/*
 * lock_state.h — what the bytes of an object say about its life: is it a lock at all, and do
 * threads sleep in it?
 *
 * Each answer is certain: glibc writes these values nowhere else. What the bytes do not show (a
 * destroyed spinlock looks like a free one) is no evidence here. Reads only the object of a call
 * that is about to read the object itself. Calls no lock function and writes nothing.
 */
#ifndef LH_LOCK_LOCK_STATE_H
#define LH_LOCK_LOCK_STATE_H

#include "libcheck/lock/lock.h"

/* False: the object was destroyed or never initialized. */
bool lh_lock_is_valid(const void *object, enum lh_kind kind);

/* Does lh_lock_sleepers count the waiters of conditions? */
bool lh_lock_knows_conditions(void);

/* Is this condition process-shared? */
bool lh_lock_cond_is_shared(const void *object);

/* How many threads sleep in this condition, semaphore or barrier that no signal, post or arrival so
 * far will wake? 0 also if it is process-shared, or if the C library's layout is not known. */
uint32_t lh_lock_sleepers(const void *object, enum lh_kind kind);

/* The row of a lock of this kind that the program destroyed at this address, 0: not known. With
 * `by_tag`, only if the object's bytes still are those of the destroyed lock. */
uint32_t lh_lock_find_destroyed(const void *object, enum lh_kind kind, bool by_tag);

void lh_lock_state_init(void);

#endif
