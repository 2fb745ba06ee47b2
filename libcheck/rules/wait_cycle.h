/*
 * wait_cycle.h — is this the wait that closes the circle?
 *
 * Follows who waits for what from the thread that is about to wait: the lock's holders,
 * what they wait for, and so on, until it comes back to where it began or to a thread
 * that can go on. Only waits without limit count.
 *
 * The picture is consistent without stopping anyone: a hold is recorded after the lock
 * was taken and taken back before it is given, so whoever is seen to hold a lock does
 * hold it, and a thread that waits in the circle cannot give anything back meanwhile. A
 * second look makes sure that nobody moved between the two.
 *
 * Semaphores end the search: anyone may post. The front end looks at those that stand
 * still (tools/). Wants the big lock.
 */
#ifndef LH_RULES_WAIT_CYCLE_H
#define LH_RULES_WAIT_CYCLE_H

#include "libcheck/rules/finding.h"
#include "libcheck/thread/thread.h"

/* The seat of `me` has its wait announced. A new finding's row, or 0. */
uint32_t lh_wait_cycle_check(struct lh_self *self);

bool lh_wait_cycle_init(void); /* also in a forked child */

#endif
