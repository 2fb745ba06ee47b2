/*
 * cond_holding.h — waits on a condition while holding another lock (rule cond-wait-holding).
 *
 * A wait is a held chain that acquires the condition; a signal is one too, with its own mode. The
 * rule asks which locks the waiting thread holds besides the mutex that the wait releases, and
 * whether the signallers were seen to acquire such a lock before they signal. If all of them were,
 * the finding is an error, because the waiter can block every signaller. If only some or none were,
 * it is a warning, reported when the process ends.
 *
 * Timed waits end by themselves and are not reported. All functions need the internal lock.
 */
#ifndef LH_RULES_COND_HOLDING_H
#define LH_RULES_COND_HOLDING_H

#include "libcheck/rules/finding.h"

/* Mode of the site of a signal; a wait has another mode. */
#define LH_COND_SIGNALS LH_SHARED

/* Call when a held chain of this condition is new. Returns the finding's row if it is an error, or
 * 0. */
uint32_t lh_cond_holding_check(struct lh_lock *cond);

/* When the process ends: reports the warnings. Calls `emit` for each result; row 0 means none. */
void lh_cond_holding_finish(void (*emit)(void *to, uint32_t finding), void *to);

#endif
