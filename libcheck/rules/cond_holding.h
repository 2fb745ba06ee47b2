/*
 * cond_holding.h — waits on a condition while holding another lock (rule cond-wait-holding).
 *
 * A wait is a node that wants the condition; so is a signal, marked as one. What the
 * waiter's chain holds besides the condition's own mutex is the question; whether the
 * signallers were seen to take it first is the answer. All of them: an error, because
 * whoever must signal can be stuck behind the one who waits. Some or none: a warning,
 * told at the end.
 *
 * Waits with a limit end by themselves and are not told. Wants the big lock.
 */
#ifndef LH_RULES_COND_HOLDING_H
#define LH_RULES_COND_HOLDING_H

#include "libcheck/rules/finding.h"

/* How a signal's node is told from a wait's. */
#define LH_COND_SIGNALS LH_SHARED

/* Something new is known of this condition: the error, if it can be proved now. */
uint32_t lh_cond_holding_check(struct lh_lock *cond);

/* The process ends: what no signaller was seen to take. Calls `told` for each finding. */
void lh_cond_holding_finish(void (*told)(void *to, uint32_t finding), void *to);

#endif
