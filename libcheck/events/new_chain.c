/*
 * new_chain.c — acquisitions that bring nothing new but their chain: the lock has a row, the stack
 * is known, and the thread holds its locks as their chains say. Most often it is the first
 * acquisition of a lock by a loop that makes many locks, or of one more pair of locks.
 *
 * Takes the internal lock, once, and does what mutex.c: acquired does for such an acquisition.
 */
#include "libcheck/events/event.h"
#include "libcheck/lock/contention.h"

/*
 * Is the last entry's chain that of all held locks? As lh_event_chain, which also repairs it. Asked
 * under the internal lock: until then, another thread may post or destroy a held semaphore, which
 * frees the chains that it is in.
 */
static bool is_held_as_chain(const struct lh_live_thread *live)
{
	for (uint32_t i = 0; i < live->held_n; i++) {
		const struct lh_held *h = &live->held[i];
		const struct lh_lock *l = &LH_LOCKS[LH_LOCK_ROW(h->lock)];
		if (!h->chain || !h->lock || lh_lock_id_of(l) != h->lock || l->kind == LH_ONCE ||
		    (h->flags & LH_HELD_IN_COND_WAIT))
			return false;
	}
	return !live->held_gap;
}

/* Nothing but the chain needs a check or a row. */
static bool is_plain(const struct lh_call *call, const struct lh_lock *l)
{
	enum {
		OTHER = LH_LOCK_SIGNAL | LH_LOCK_COUNTING | LH_LOCK_PSHARED | LH_LOCK_ROBUST |
			LH_LOCK_HELD_ACROSS_CREATE
	};
	enum lh_kind acts = lh_kind_acts(l->kind);

	return (acts == LH_MUTEX || acts == LH_RWLOCK || acts == LH_SPIN) && !(l->flags & OTHER) &&
	       (l->kind != LH_MUTEX || lh_glibc_is_mutex(call->object));
}

/* The row's counts, and what the lock's statistics say of its owner. */
static void count(struct lh_event_frame *event, struct lh_lock *l, enum lh_mode mode)
{
	if (LH_UNLIKELY(event->live->try_lock == lh_lock_id_of(l)))
		event->live->try_lock = 0;
	if (!l->first_stack)
		l->first_stack = event->stack;
	if (!l->stats)
		return;
	lh_contention_acquired(l, event->live->thread, 1);
	lh_lock_stats_add_owner(&LH_LOCK_STATS[l->stats], mode, event->self->number);
}

bool lh_on_acquired_add_chain(struct lh_self *self, const struct lh_call *call, lh_lock_id id,
			      lh_site site)
{
	struct lh_live_thread *live = self->live;
	struct lh_lock *l = &LH_LOCKS[LH_LOCK_ROW(id)];
	struct lh_call known = *call;
	struct lh_event_frame event;

	known.stack = LH_SITE_STACK(site);
	if (!is_plain(call, l) || (LH_STACKS[known.stack].flags & LH_STACK_HANDLER))
		return false;
	if (!lh_event_begin(&event, &known))
		return true; /* dropped, and counted */
	lh_chain_id parent = is_held_as_chain(live) ? lh_held_chain(live) : lh_event_chain(&event);
	lh_chain_id chain = lh_event_record_under(&event, parent, id, site);
	struct lh_held *h = lh_held_fill(self, live, l, (enum lh_mode)call->mode,
					 (struct lh_held){.address = (uintptr_t)call->object,
							  .lock = id,
							  .chain = chain,
							  .site = site,
							  .tick = lh_clock_tick()});
	count(&event, l, (enum lh_mode)call->mode);
	if (lh_held_is_sampled(self, event.fresh, site)) {
		h->since_ns = lh_clock_now();
		h->flags = LH_HELD_EXACT_TIME;
	}
	lh_event_end(&event);
	return true;
}
