/*
 * known_again.c — events that the fast path does not know but that bring no new row.
 *
 * - An acquisition whose chain the thread has visited but not in its chain cache, which is too
 *   small for all of them: the lock's list of chains shows the visit.
 * - A lock that comes and goes at one site, by init and destroy or on the stack: the thread that
 *   destroyed the lock revives its row.
 *
 * Takes no internal lock and writes nothing that other threads write. An event that needs more, or
 * that the order graph must check, takes the slow path.
 */
#include "libcheck/events/event.h"

/* ---- retired and revived locks ---- */

/* No lock was acquired under this lock, so no cycle contains it and no finding will name it. */
static bool can_retire(const struct lh_lock *l)
{
	return lh_lock_can_retire(l) && lh_chain_no_children(l);
}

/* The program destroyed the lock. (If a signal handler destroys a lock during this function, one
 * row may be lost.) */
bool lh_on_destroyed_retire(const struct lh_call *call)
{
	struct lh_self *self = lh_self_get();
	struct lh_lock *l =
		self->live ? lh_lock_known(call->object, (enum lh_kind)call->kind) : NULL;
	uint32_t *at = lh_retired_entry(self, call->object);
	if (!l || l->kind != call->kind || *at || !(l->flags & LH_LOCK_INITED) || !can_retire(l))
		return false;
	/* the stack is for a report that few locks get: not for those that come and go all the time
	 */
	if (l->destroy_stack != LH_LOCK_REVIVED) {
		const struct lh_context *x = lh_context_find(call->frame);
		if (!x)
			return false;
		l->destroy_stack = x->stack;
	}
	l->flags |= LH_LOCK_DESTROYED;
	lh_lock_retire(l);
	*at = (uint32_t)(l - LH_LOCKS);
	return true;
}

/* Each entry of `retired` has room for one lock: drops the one that it holds. */
void lh_event_retire_lock(struct lh_event_frame *event, struct lh_lock *l)
{
	uint32_t *at = lh_retired_entry(event->self, (const void *)l->address);
	bool retires = can_retire(l) && (l->flags & LH_LOCK_INITED);

	if (l->kind == LH_MUTEX || l->kind == LH_RWLOCK || l->kind == LH_COND)
		l->destroy_stack = event->stack;
	if (*at)
		lh_lock_drop_retired(&LH_LOCKS[*at]);
	*at = retires ? (uint32_t)(l - LH_LOCKS) : 0;
	if (retires)
		lh_lock_retire(l);
	else
		lh_lock_destroy(l);
}

/* A lock is initialized at the address and with the stack of a retired one. */
bool lh_on_init_revived(const struct lh_call *call, uint32_t flags)
{
	struct lh_self *self = lh_self_get();
	uint32_t *at = lh_retired_entry(self, call->object);

	if (!self->live || !*at)
		return false;
	struct lh_lock *l = &LH_LOCKS[*at];
	const struct lh_context *x = lh_context_find(call->frame);
	if (!lh_lock_is_retired_at(l, call->object) || l->kind != call->kind || !x ||
	    x->stack != l->init_stack || (l->flags & ~(uint32_t)LH_LOCK_LIFE_FLAGS) != flags)
		return false;
	*at = 0;
	lh_lock_revive(l, call->object);
	return true;
}

/*
 * A mutex without a tag lies at the address of a mutex that was never destroyed: a std::mutex on
 * the stack. This thread has just acquired it, so no other thread changes its row now.
 */
static struct lh_lock *revive_undestroyed(const struct lh_call *call)
{
	uint32_t row = call->kind == LH_MUTEX && !lh_lock_read_tag(call->object, LH_MUTEX)
			       ? lh_lock_find(call->object)
			       : 0;
	struct lh_lock *l = row ? &LH_LOCKS[row] : NULL;

	if (!l || l->kind != LH_MUTEX || (l->flags & LH_LOCK_INITED) ||
	    (l->flags & ~(uint32_t)LH_LOCK_TAKEN_OUTSIDE_HANDLER) !=
		    lh_lock_attributes(call->object, LH_MUTEX) ||
	    !can_retire(l))
		return NULL;
	lh_lock_revive(l, call->object);
	return l;
}

/* ---- acquired ---- */

/* False for the first writer of an rwlock, which the order graph must check, and in a forked child
 * that must still be warned of locks held by threads that were not copied. */
static bool needs_no_check(const struct lh_self *self, const struct lh_lock *l,
			   const struct lh_call *call)
{
	if (l->kind != call->kind || (call->kind == LH_RWLOCK && call->mode == LH_EXCLUSIVE &&
				      !(l->flags & LH_LOCK_HAS_WRITERS)))
		return false;
	return !(self->live->held_n && lh_held_find(self->live, call->object)) &&
	       !lh_fork_has_not_copied(false);
}

bool lh_on_acquired_new_chain(struct lh_self *self, const struct lh_call *call, lh_chain_id parent,
			      lh_lock_id id, lh_site site)
{
	struct lh_lock *l = &LH_LOCKS[LH_LOCK_ROW(id)];

	if (!needs_no_check(self, l, call))
		return false;
	self = lh_enter(call->frame);
	lh_chain_id chain = lh_chain_find_visited(self, parent, id, site,
						  !lh_thread_end_matters(self->live_saved->thread));
	if (chain && LH_UNLIKELY(lh_handler_must_check(chain)))
		chain = 0;
	if (chain)
		lh_held_append(self, self->live_saved, l,
			       (struct lh_held){.address = (uintptr_t)call->object,
						.lock = id,
						.site = site,
						.chain = chain});
	lh_leave(self);
	return chain != 0;
}

bool lh_on_acquired_revived(const struct lh_call *call)
{
	struct lh_self *self = lh_self_get();
	struct lh_live_thread *live = self->live;
	struct lh_lock *l =
		live && (call->stack || lh_contexts.off) ? revive_undestroyed(call) : NULL;
	lh_chain_id parent = l && live->held_n ? live->held[live->held_n - 1].chain : 0;

	return l && live->held_n < LH_HELD_MAX && (parent || !live->held_n) &&
	       lh_on_acquired_new_chain(self, call, parent, lh_lock_id_of(l),
					LH_SITE(call->stack, call->how, call->mode));
}
