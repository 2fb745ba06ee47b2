/*
 * retired.h — rows of destroyed locks that the next lock of the same kind uses again, without the
 * internal lock.
 *
 * A thread retires the row of a lock that it destroys, and revives it for the next lock that it
 * initializes at the same site, at any address. The chains of the row stay and pass to the next
 * lock when they are acquired again (held_chain.h), so a lock that comes and goes brings no new
 * row.
 *
 * - A retired row is in the list of one thread, and only that thread writes it.
 * - A row may be revived if nothing that its chains show is still needed, and the order graph knows
 *   no lock of it.
 * - Call these functions after lh_enter: a signal handler must not find a list half changed.
 */
#ifndef LH_THREAD_RETIRED_H
#define LH_THREAD_RETIRED_H

#include "libcheck/thread/held_chain.h"

/* May the row of a lock that a call initialized be retired? */
static inline bool lh_retired_may_be(const struct lh_lock *l)
{
	return (l->flags & LH_LOCK_INITED) && lh_lock_can_retire(l);
}

static inline bool lh_retired_put(struct lh_self *self, struct lh_lock *l)
{
	struct lh_retired *r = lh_retired_entry(self, l->init_stack);

	if (!r || r->n >= LH_RETIRED_MAX)
		return false;
	lh_lock_retire(l);
	l->next = r->first;
	r->n = r->first ? r->n + 1 : 1;
	r->first = (uint32_t)(l - LH_LOCKS);
	r->init_stack = l->init_stack;
	self->retires = true;
	return true;
}

/* Retires the row of a destroyed lock. False: it cannot be revived, or the thread has too many of
 * them. */
static inline __attribute__((always_inline)) bool lh_retired_push(struct lh_self *self,
								  struct lh_lock *l)
{
	if (!lh_retired_may_be(l) || lh_chain_graph_knows(l) || !lh_retired_put(self, l))
		return false;
	l->flags |= LH_LOCK_DESTROYED;
	return true;
}

/* The same under the internal lock, which first removes what the lock left behind, or ends it. */
void lh_retired_push_or_end(struct lh_self *self, struct lh_lock *l);

/* Most often the row has one chain, of a lock that was acquired alone: lh_chain_release has nothing
 * to do. */
static inline bool lh_retired_shows_nothing(const struct lh_lock *l)
{
	const struct lh_chain *chain = &LH_CHAINS[l->chains];

	return !chain->parent && !chain->children && !chain->next;
}

/* A row for a lock with these properties, no longer in the list; NULL: none. */
struct lh_lock *lh_retired_pop_slow(struct lh_self *self, struct lh_retired *r, enum lh_kind kind,
				    uint32_t flags);
static inline struct lh_lock *lh_retired_pop(struct lh_self *self, lh_stack_id init_stack,
					     enum lh_kind kind, uint32_t flags)
{
	struct lh_retired *r = lh_retired_entry(self, init_stack);

	if (!r || !r->first)
		return NULL;
	struct lh_lock *l = &LH_LOCKS[r->first];
	if (LH_UNLIKELY(!lh_retired_shows_nothing(l) || l->kind != kind ||
			lh_chain_graph_knows(l) ||
			(l->flags & ~(uint32_t)LH_LOCK_LIFE_FLAGS) != flags))
		return lh_retired_pop_slow(self, r, kind, flags);
	r->first = l->next;
	r->n--;
	return l;
}

/* May the row of a lock that was never initialized by a call, and whose memory is another lock's
 * now, serve that one? */
bool lh_retired_is_over(struct lh_self *self, const struct lh_lock *l, uint32_t flags);

/* The same under the internal lock, which first removes what the lock left behind. False: the row
 * cannot, and the lock is ended. */
bool lh_retired_end_undestroyed(struct lh_self *self, struct lh_lock *l, uint32_t flags);

/* Ends the locks that cannot be revived now. Needs the internal lock. */
void lh_retired_end(struct lh_self *self, lh_stack_id init_stack);

#endif
