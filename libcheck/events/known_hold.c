/*
 * known_hold.c — acquisitions that bring no new row and that the hot path leaves out, without the
 * internal lock: of a lock that the thread holds already, of a permit of a counting semaphore, and
 * of a lock without a tag.
 *
 * Only the thread that holds a lock exclusively writes the lock's row, and only this thread writes
 * its held list. Readers and threads that take permits add to the row atomically. The chain is in
 * the thread's cache, so the order graph has nothing to check.
 */
#include "libcheck/events/event.h"
#include "libcheck/lock/contention.h"

/* The entry of a lock that this thread holds and may acquire again; NULL: it is not so simple. */
static struct lh_held *entry_of_held(struct lh_self *self, const struct lh_call *call,
				     const struct lh_lock *l)
{
	bool shared = call->mode == LH_SHARED;

	if (!shared && (l->owner != self->number || !(l->flags & LH_LOCK_RECURSIVE)))
		return NULL;
	struct lh_held *h = lh_held_find(self->live, call->object);
	return h && h->lock == lh_lock_id_of(l) && (LH_SITE_MODE(h->site) == LH_SHARED) == shared &&
			       !(h->flags & LH_HELD_IN_COND_WAIT)
		       ? h
		       : NULL;
}

static bool acquired_again(struct lh_self *self, const struct lh_call *call, struct lh_lock *l)
{
	struct lh_held *h = entry_of_held(self, call, l);

	if (!h)
		return false;
	h->depth++;
	if (call->mode == LH_SHARED)
		__atomic_fetch_add(&l->shared, 1, __ATOMIC_RELAXED);
	else
		l->acquired++;
	lh_contention_recursive(l);
	return true;
}

/* The lock has no owner, and the thread has no entry of it; but it may have several permits. */
static bool may_append(struct lh_live_thread *live, const struct lh_lock *l, const void *object,
		       enum lh_mode mode)
{
	enum lh_kind acts = lh_kind_acts(l->kind);

	if (l->owner || live->held_n >= LH_HELD_INLINE ||
	    (mode != LH_PERMIT && lh_held_find(live, object)))
		return false;
	if (acts == LH_RWLOCK)
		return mode == LH_SHARED || (l->flags & LH_LOCK_HAS_WRITERS);
	return acts == LH_MUTEX || acts == LH_SPIN || acts == LH_SEM;
}

static bool acquired_first(struct lh_self *self, const struct lh_call *call, struct lh_lock *l)
{
	struct lh_live_thread *live = self->live;
	enum lh_mode mode = lh_event_mode(call, l);
	lh_stack_id stack =
		may_append(live, l, call->object, mode) ? lh_event_known_stack(call) : LH_NO_STACK;
	lh_chain_id parent = lh_held_chain_found(live);

	if (stack == LH_NO_STACK || (live->held_n && !parent))
		return false;
	lh_lock_id id = lh_lock_id_of(l);
	lh_site site = LH_SITE(stack, call->how, mode);
	lh_chain_id chain = lh_chain_cached(self, parent, id, site);
	if (LH_UNLIKELY(!chain)) {
		struct lh_call visited = *call;
		visited.mode = mode;
		return lh_on_acquired_new_chain(self, &visited, parent, id, site);
	}
	if (LH_UNLIKELY(lh_handler_must_check(chain)))
		return false;
	lh_held_append(self, live, l, mode,
		       (struct lh_held){.address = (uintptr_t)call->object,
					.lock = id,
					.chain = chain,
					.site = site,
					.tick = lh_clock_tick()});
	return true;
}

bool lh_on_acquired_known(const struct lh_call *call)
{
	struct lh_self *self = lh_self_get();
	struct lh_lock *l =
		self->live ? lh_lock_known_untagged(call->object, (enum lh_kind)call->kind) : NULL;

	if (!l || l->kind != call->kind || (l->flags & LH_LOCK_SIGNAL) || lh_fork_uncopied ||
	    (l->kind == LH_MUTEX && !lh_glibc_is_mutex(call->object)))
		return false;
	if (!acquired_again(self, call, l) && !acquired_first(self, call, l))
		return false;
	if (self->live->try_lock == lh_lock_id_of(l))
		self->live->try_lock = 0;
	lh_event_note_shared(l);
	return true;
}
