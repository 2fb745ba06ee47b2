/*
 * own_count.h — what a thread does often with one lock, and has not yet added to the lock's counts:
 * the rule that own_waits.h and own_reads.h share.
 *
 * The first few are counted at once, with all that is known of them; so are the first few after a
 * time without any. Of those that follow, the thread keeps the number, and adds it when it is
 * large, with its next one after the tick, when another lock takes the entry, or at the thread's
 * end.
 *
 * Takes no lock. What a thread keeps is lost if the process is killed.
 */
#ifndef LH_THREAD_OWN_COUNT_H
#define LH_THREAD_OWN_COUNT_H

#include "libcheck/thread/thread.h"

/* May one more be kept at this time? Then the caller lowers `room`. */
static inline bool lh_own_is_kept(const struct lh_own_count *c, lh_lock_id lock, uint32_t tick)
{
	return c->lock == lock && c->tick == tick && c->room;
}

/* How many are kept, and from now on no longer. The process may end meanwhile, in another thread:
 * each is returned once, but for those that the thread keeps while this happens. */
static inline uint32_t lh_own_take(struct lh_own_count *c)
{
	uint16_t room = __atomic_exchange_n(&c->room, 0, __ATOMIC_RELAXED);
	uint16_t kept = __atomic_exchange_n(&c->kept, 0, __ATOMIC_RELAXED);

	return kept > room ? kept - room : 0;
}

struct lh_own_rule {
	uint16_t first; /* so many are counted at once */
	uint16_t keep;  /* then, so many are kept before they are added */
	uint32_t quiet; /* after so many milliseconds without any, the first are counted at once
			   again */
};

/* For one that is not kept, when lh_own_take has taken the others. False: it is to be counted at
 * once. Otherwise from now on some may be kept, this one too. */
static inline bool lh_own_keep(struct lh_own_count *c, lh_lock_id lock, uint32_t tick,
			       struct lh_own_rule rule)
{
	if (c->lock != lock || tick - c->tick > rule.quiet)
		c->at_once = 0;
	c->lock = lock;
	c->tick = tick;
	if (c->at_once < rule.first) {
		c->at_once++;
		return false;
	}
	c->room = c->kept = rule.keep;
	return true;
}

#endif
