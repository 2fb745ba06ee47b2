/*
 * wait_rules.h — which thread makes which thread wait: the edges of the wait-for graph, for the
 * library and the front end.
 *
 * Reads rows only. Does not search: the library looks for cycles with wait_cycle.c, the front end
 * with tools/wait_graph/solve.c.
 */
#ifndef LH_RULES_WAIT_RULES_H
#define LH_RULES_WAIT_RULES_H

#include "libcheck/kinds.h"

/*
 * Does a pending cancellation end the thread's wait for a lock of this kind? The wait may be over
 * already: no code of the library runs after it. A wait in a cleanup handler of a thread that was
 * cancelled elsewhere is not ended; the row does not show that, but the front end sees the wait
 * last.
 */
static inline bool lh_wait_is_cancelled(const struct lh_live_thread *live, enum lh_kind kind)
{
	return (live->cancel & LH_CANCEL_PENDING) && !(live->cancel & LH_CANCEL_DISABLED) &&
	       ((live->cancel & LH_CANCEL_ASYNCHRONOUS) || kind == LH_THREAD_END ||
		kind == LH_COND || kind == LH_SEM);
}

/* In a wait without a time limit that only a release or the end of a thread can end. */
static inline bool lh_waits_without_limit(const struct lh_live_thread *live)
{
	return live->state == LH_LIVE_ATTACHED && live->wait_lock &&
	       LH_SITE_HOW(live->wait_site) == LH_BLOCKING &&
	       (live->wait_on == LH_WAIT_LOCK || live->wait_on == LH_WAIT_JOIN ||
		live->wait_on == LH_WAIT_ONCE);
}

/*
 * In a condition wait whose thread has been signalled, cancelled or timed out, and waits for the
 * mutex again: makes the row show that wait. Only the futex tells that a thread has come so far.
 */
static inline void lh_wait_is_for_mutex(struct lh_live_thread *live)
{
	live->wait_lock = live->wait_with;
	live->wait_on = LH_WAIT_LOCK;
	live->wait_site = LH_SITE(LH_SITE_STACK(live->wait_site), LH_BLOCKING, LH_EXCLUSIVE);
}

/* Only readers share. A permit that is held is missing to each thread that wants one. */
static inline bool lh_modes_exclude(enum lh_mode held, enum lh_mode wanted)
{
	return wanted != LH_SHARED || held == LH_EXCLUSIVE;
}

/* Does this held lock keep a thread waiting that wants `lock`? */
static inline bool lh_held_blocks(const struct lh_held *h, lh_lock_id lock, enum lh_mode wanted)
{
	return h->lock == lock && !(h->flags & LH_HELD_IN_COND_WAIT) &&
	       lh_modes_exclude(LH_SITE_MODE(h->site), wanted);
}

/* In a lock that prefers writers a reader waits behind a queued writer. */
static inline bool lh_readers_queue(const struct lh_lock *l, enum lh_mode wanted)
{
	return lh_kind_acts(l->kind) == LH_RWLOCK && wanted == LH_SHARED &&
	       (l->flags & LH_LOCK_PREFER_WRITER);
}

/* Can another thread wait for this one, which waits for `l`: for a lock that it holds, for its end,
 * or as a reader behind a queued writer? */
static inline bool lh_is_waited_for(const struct lh_live_thread *live, const struct lh_lock *l)
{
	return live->held_n || __atomic_load_n(&live->joined, __ATOMIC_RELAXED) ||
	       (LH_SITE_MODE(live->wait_site) == LH_EXCLUSIVE && lh_readers_queue(l, LH_SHARED));
}

/* May a thread release the lock that does not hold it? */
static inline bool lh_lock_may_signal(const struct lh_lock *l)
{
	return l->kind == LH_SEM || (l->flags & LH_LOCK_MAY_SIGNAL);
}

/*
 * A futex records no owner. If only one thread beside the waiter is known to end waits there, or to
 * have got out of one, it may hold the lock behind the word, or be the one that brings the event.
 * 0: there is none, or more than one.
 */
static inline lh_thread_id lh_futex_likely_owner(const struct lh_lock *l,
						 const struct lh_lock_stats *stats,
						 lh_thread_id waiter)
{
	const lh_thread_id known[] = {l->thread, stats->other_waker, l->woken};
	lh_thread_id owner = 0;

	if (l->kind != LH_FUTEX || l->many_chains || !l->thread)
		return 0;
	for (unsigned i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (!known[i] || known[i] == waiter)
			continue;
		if (owner && owner != known[i])
			return 0;
		owner = known[i];
	}
	return owner;
}

/* Does the lock stay locked forever when its owner ends without a release? */
static inline bool lh_lock_stays_locked(const struct lh_lock *l)
{
	enum lh_kind acts = lh_kind_acts(l->kind);

	return !(l->flags & LH_LOCK_ROBUST) && !lh_lock_may_signal(l) &&
	       (acts == LH_MUTEX || acts == LH_RWLOCK || acts == LH_SPIN || acts == LH_CUSTOM);
}

#endif
