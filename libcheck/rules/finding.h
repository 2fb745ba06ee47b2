/*
 * finding.h — the rules that need no graph, and the row that a finding becomes: finding.c has the
 * findings and the misuse of one lock, lock_use.c what its bytes show, wait_cycle.c deadlocks.
 *
 * The checks use the rows of one lock and of a few live threads, and read the lock's own word where
 * only that makes the finding certain. They print nothing: a new finding becomes a row of
 * LH_T_FINDING, whose number is returned for the caller to report; a repeated finding only raises
 * the count of its row, and returns 0.
 *
 * All functions need the internal lock, unless they say otherwise.
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
	bool assumed; /* LH_FINDING_ASSUMED */
	uint64_t key; /* 0: computed from the rule and from the stacks and actions of the steps */
	lh_thread_id thread;
	int n;
	struct lh_step step[LH_STEPS_MAX];
};

/* An empty draft. There is only one, used under the internal lock: it is too large for the stack of
 * the checked program. */
struct lh_finding_draft *lh_finding_begin(uint32_t rule, enum lh_level level, lh_thread_id thread);

/* Adds a step; beyond the array's end the step is dropped. */
void lh_finding_add_step(struct lh_finding_draft *t, lh_thread_id thread, lh_lock_id lock,
			 lh_site site, enum lh_action action);
/* So many held locks, acquired after that of the last step, are left out. */
void lh_finding_leave_out(struct lh_finding_draft *draft, uint32_t holds);

/* The object is not a lock after all: withdraws the unsure findings that name it. */
void lh_finding_withdraw(lh_lock_id lock);

/* The finding's row if it is new; 0 if it was reported before (its count goes up) or the table is
 * full. */
uint32_t lh_finding_commit(struct lh_finding_draft *t, enum lh_filter filter);

/* The row with this key, 0: none, or withdrawn. */
uint32_t lh_finding_by_key(uint64_t key);
void lh_finding_withdraw_key(uint64_t key);

/* Writes the draft's steps to the rows from `first` on. */
void lh_finding_set_steps(uint32_t first, const struct lh_finding_draft *draft);

/* The thread is about to wait at `site` for a lock that it holds itself. */
uint32_t lh_check_self_deadlock(struct lh_self *self, struct lh_lock *l, const struct lh_held *h,
				lh_site site);

/* The thread releases a lock that it was not seen to hold. If another thread holds the lock, its
 * entry in that thread's held list is cleared. */
uint32_t lh_check_unlock(struct lh_self *self, struct lh_lock *l, const void *object, lh_site site);

/* The thread destroys, or initializes again, a lock that a thread holds. */
uint32_t lh_check_destroy(struct lh_self *self, struct lh_lock *l, const void *object,
			  lh_site site);

/* The thread waits on a condition and does not hold the mutex. */
uint32_t lh_check_cond_unlocked(struct lh_self *self, struct lh_lock *cond, struct lh_lock *mutex,
				const void *object, lh_site site);

/* The thread of this live-thread row has ended: reports the locks that it still holds, and empties
 * its held list. */
uint32_t lh_check_thread_exit(uint32_t live_row);

/* ---- lock_use.c ---- */

/* The program destroys a lock there. */
void lh_note_destroy(lh_stack_id stack);

/* Was the object of a call destroyed, or never initialized? Reads a few words; needs no lock. */
bool lh_is_invalid(const void *object, enum lh_kind kind);

/* The thread uses an object, or destroys it (LH_DESTROYS; otherwise LH_USES): reports it if the
 * object is no lock. */
uint32_t lh_check_use(struct lh_self *self, const void *object, enum lh_kind kind, lh_site site,
		      enum lh_action action);

/* The thread destroys, or initializes again, a condition, semaphore or barrier in which another
 * thread sleeps. */
uint32_t lh_check_destroy_slept_in(struct lh_self *self, struct lh_lock *l, const void *object,
				   lh_site site);

/* The thread waits on a condition on which another thread waits with another mutex. */
uint32_t lh_check_cond_mutexes(struct lh_self *self, const struct lh_lock *cond,
			       const struct lh_lock *mutex, const void *object, lh_site site);

/* ---- deadlock_end.c: deadlocks that do not last ---- */

extern uint32_t lh_deadlocks_open LH_HIDDEN; /* of this process: found, and not seen to end */

/* The thread releases a lock, or posts a semaphore, that it does not hold. */
static inline void lh_deadlock_note_release(struct lh_self *self, lh_lock_id lock, lh_site site)
{
	self->live_saved->released = lock;
	self->live_saved->released_site = site;
}

/* Is the thread's wait for `lock` part of a deadlock that goes on? Needs no lock: reads rows that
 * are not moved, of findings that this thread or the closing thread made before it waited. */
bool lh_deadlock_has_wait(lh_thread_id thread, lh_lock_id lock);

/* The thread's wait for `lock` has ended: ends the deadlocks that have this wait. Returns the row
 * of one that ended for the first time, or 0. */
uint32_t lh_deadlock_wait_ended(lh_thread_id thread, lh_lock_id lock);

/* The thread of `self` cancels the thread of this row, whose wait that ends. */
uint32_t lh_deadlock_cancelled(const struct lh_self *self, const struct lh_live_thread *live,
			       lh_site site);

/* ---- wait_cycle.c ---- */

/* Call after the wait of `self` is announced in its live-thread row, and a full fence. */
uint32_t lh_wait_cycle_check(struct lh_self *self);

/* The same place, without the internal lock: could the wait close a cycle? If not, it is certain
 * that it does not; otherwise lh_wait_cycle_check decides. */
bool lh_wait_may_close_cycle(const struct lh_self *self);

bool lh_wait_cycle_init(void); /* at start, and again in a forked child */

#endif
