/*
 * known_again.c — part of the room `track`: what the fast path does not know, and is no news.
 *
 * - A chain that this thread has been through and does not remember, because there are more
 *   of them than it has room for: the lock's own nodes tell.
 * - A lock that comes and goes in one place, by init and destroy or on the stack: its row is
 *   used again at once, by the thread that has destroyed it.
 *
 * None of it takes the big lock or writes what other threads write. What needs more than
 * that takes the long way, and so does everything that the judge must hear of.
 */
#include "libcheck/events/event.h"

/* ---- locks that return ---- */

/* Nothing was asked for under it, so no circle goes through it and nobody will name it. */
static bool can_retire(const struct lh_lock *l)
{
	return lh_lock_can_retire(l) && lh_chain_no_children(l);
}

/* Destroyed by the program. (A signal handler that destroys one in between: a row is lost.) */
bool lh_on_destroyed_retire(const struct lh_call *call)
{
	struct lh_self *self = lh_self_get();
	struct lh_lock *l =
		self->live ? lh_lock_known(call->object, (enum lh_kind)call->kind) : NULL;
	uint32_t *at = lh_retired_entry(self, call->object);

	if (!l || l->kind != call->kind || *at || !(l->flags & LH_LOCK_INITED) || !can_retire(l))
		return false;
	lh_lock_retire(l);
	*at = (uint32_t)(l - LH_LOCKS);
	return true;
}

/* The one that lies where this one belongs has not returned: it makes room. */
void lh_event_retire_lock(struct lh_event_frame *event, struct lh_lock *l)
{
	uint32_t *at = lh_retired_entry(event->self, (const void *)l->address);
	bool rests = can_retire(l) && (l->flags & LH_LOCK_INITED);

	if (*at)
		lh_lock_drop_retired(&LH_LOCKS[*at]);
	*at = rests ? (uint32_t)(l - LH_LOCKS) : 0;
	if (rests)
		lh_lock_retire(l);
	else
		lh_lock_destroy(l);
}

/* Initialised at the address and in the place where one was before. */
bool lh_on_init_revived(const struct lh_call *call, uint32_t flags)
{
	struct lh_self *self = lh_self_get();
	uint32_t *at = lh_retired_entry(self, call->object);

	if (!self->live || !*at)
		return false;
	struct lh_lock *l = &LH_LOCKS[*at];
	const struct lh_context *x = lh_context_find(call->frame);
	if (!lh_lock_is_retired_at(l, call->object) || l->kind != call->kind || !x ||
	    x->stack != l->init_stack ||
	    (l->flags & ~(uint32_t)(LH_LOCK_HAS_WRITERS | LH_LOCK_TAKEN_OUTSIDE_HANDLER)) != flags)
		return false;
	*at = 0;
	lh_lock_revive(l, call->object);
	return true;
}

/*
 * A mutex whose word is zero lies where there was one that nobody destroyed: a std::mutex
 * on the stack. This thread has just taken it, so nobody else sees it now.
 */
static struct lh_lock *fresh(const struct lh_call *call)
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

/* ---- taken ---- */

/* A writer that is the first of its lock is news to the judge, and so are a child's orphans. */
static bool is_plain(const struct lh_self *self, const struct lh_lock *l,
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

	if (!is_plain(self, l, call))
		return false;
	self = lh_enter(call->frame);
	lh_chain_id chain = lh_chain_find_visited(self, parent, id, site,
						  !lh_thread_end_matters(self->live_saved->thread));
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
	struct lh_lock *l = live && (call->stack || lh_contexts.off) ? fresh(call) : NULL;
	lh_chain_id parent = l && live->held_n ? live->held[live->held_n - 1].chain : 0;

	return l && live->held_n < LH_HELD_MAX && (parent || !live->held_n) &&
	       lh_on_acquired_new_chain(self, call, parent, lh_lock_id_of(l),
					LH_SITE(call->stack, call->how, call->mode));
}
