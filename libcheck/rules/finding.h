/*
 * finding.h — the rules that need no graph, and the row that a finding becomes.
 *
 * Decides on what is known of one lock and a few seats, and on the lock's own word
 * where only that makes it certain. Returns nothing and prints nothing: findings go
 * into the ledger, the same one only counted; `lh_check_new` tells track whether
 * there is something that the plain report must say.
 *
 * Everything here wants the big lock.
 */
#ifndef LH_RULES_FINDING_H
#define LH_RULES_FINDING_H

#include "libcheck/ledger/own_ledger.h"
#include "libcheck/lock/lock.h"
#include "libcheck/thread/thread.h"

struct lh_finding_draft {
	uint32_t rule;
	enum lh_level level;
	enum lh_severity severity;
	uint64_t key; /* 0: made from rule, locks and stacks of the steps */
	lh_thread_id thread;
	int n;
	struct lh_step step[2 * LH_HELD_MAX];
};

/* An empty tale. There is one, used under the big lock: it is too large for a program's stack. */
struct lh_finding_draft *lh_finding_begin(uint32_t rule, enum lh_level level, lh_thread_id thread);

/* Adds a step; what does not fit is left out. */
void lh_finding_add_step(struct lh_finding_draft *t, lh_thread_id thread, lh_lock_id lock,
			 lh_site site, enum lh_action action);

/* A lock turned out to be none: unsure findings that name it are taken back. */
void lh_finding_withdraw(lh_lock_id lock);

/* The finding's row if it is new, 0 if it was told before (its count goes up) or there is no room.
 */
uint32_t lh_finding_commit(struct lh_finding_draft *t, enum lh_filter filter);

/* The thread asks for what it holds itself, and will wait. `place` is where it asks. */
uint32_t lh_check_self_deadlock(struct lh_self *self, struct lh_lock *l, const struct lh_held *h,
				lh_site site);

/* It gives back what it was not seen to hold. Also makes the hole in the holder's list. */
uint32_t lh_check_unlock(struct lh_self *self, struct lh_lock *l, const void *object, lh_site site);

/* It destroys or initialises anew what somebody holds. */
uint32_t lh_check_destroy(struct lh_self *self, struct lh_lock *l, const void *object,
			  lh_site site);

/* It waits on a condition and does not hold the mutex. */
uint32_t lh_check_cond_unlocked(struct lh_self *self, struct lh_lock *cond, struct lh_lock *mutex,
				const void *object, lh_site site);

/* The thread of this seat has ended: what does it still hold? */
uint32_t lh_check_thread_exit(uint32_t live_row);

#endif
