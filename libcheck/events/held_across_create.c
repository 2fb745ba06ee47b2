/*
 * held_across_create.c — orders from locks that a thread holds while it creates threads.
 *
 * If a thread was created while its creator held a lock, and it acquires that lock, then the
 * creator released the lock before. So what the creator did before the release happens before what
 * the new thread does after the acquisition, and before what the threads that it then creates do. A
 * happens-before edge records this, so that the order graph does not let these parts overlap. The
 * release and the acquisition each begin a new segment.
 *
 * Ignores shared holds, and acquisitions by the new thread that are not blocking: after a failed
 * try the thread would have taken another path, so no order follows. Ignores a lock that was
 * released in a condition wait, and the GIL, which the creator holds at every create. Searches only
 * the last EDGES_BACK edges for a release.
 *
 * Also records the release of a lock that the thread held when it forked.
 */
#include "libcheck/events/event.h"

enum { EDGES_BACK = 4096, CREATORS_MAX = 16 };

void lh_across_create_mark(struct lh_event_frame *event)
{
	for (uint32_t i = 0; i < lh_held_count(event->live); i++) {
		struct lh_held *h = lh_held_at(event->live, i);
		struct lh_lock *l = lh_lock_row(h->lock);
		if (!l || (h->flags & (LH_HELD_IN_COND_WAIT | LH_HELD_ACROSS_CREATE)) ||
		    LH_SITE_MODE(h->site) != LH_EXCLUSIVE || l->kind == LH_ONCE ||
		    l->kind == LH_GIL || lh_kind_acts(l->kind) == LH_GUARD)
			continue;
		h->pad = event->live->segment;
		h->flags |= LH_HELD_ACROSS_CREATE;
		l->flags |= LH_LOCK_HELD_ACROSS_CREATE;
	}
}

/* Before the release: the lock is no gate lock for a forked child that lives on after it. */
void lh_across_fork_on_release(struct lh_event_frame *event, struct lh_held *h)
{
	uint64_t ns = lh_clock_now();

	if (!h->lock || !(h->flags & LH_HELD_ACROSS_FORK))
		return;
	h->flags &= (uint16_t)~LH_HELD_ACROSS_FORK;
	lh_hb_edge_add(LH_HB_FORKER_RELEASED, event->live->thread, (uint32_t)ns, h->lock,
		       (uint32_t)(ns >> 32));
}

void lh_across_create_on_release(const struct lh_call *call)
{
	struct lh_event_frame event;

	if (!lh_event_begin_must(&event, call))
		return;
	struct lh_held *h = lh_held_find(event.live, call->object);
	if (h)
		lh_across_fork_on_release(&event, h);
	if (h && h->lock && (h->flags & LH_HELD_ACROSS_CREATE)) {
		h->flags &= (uint16_t)~LH_HELD_ACROSS_CREATE;
		lh_hb_edge_add(LH_HB_CREATOR_RELEASED, event.live->thread, event.live->segment,
			       h->lock, h->pad);
		lh_hb_next_segment(event.self, event.live);
	}
	lh_event_end(&event);
}

/* If `creator` held the lock when it created `created` and has released it since: its segment at
 * the release. 0: not so, or `acquirer` has an edge from that release already. */
static uint32_t segment_of_release(lh_thread_id creator, lh_thread_id created, lh_lock_id lock,
				   lh_thread_id acquirer)
{
	uint32_t used = lh_rows_used(LH_T_HB_EDGE), found = 0;
	uint32_t created_in = LH_THREADS[created].creator_segment;

	for (uint32_t i = used; i-- > 1 && used - i <= EDGES_BACK;) {
		const struct lh_hb_edge *e = &LH_HB_EDGES[i];
		if (e->what == LH_HB_CREATOR_RELEASED && e->a == creator && e->b == lock &&
		    e->b_segment <= created_in && created_in < e->a_segment)
			found = e->a_segment;
	}
	for (uint32_t i = used; found && i-- > 1 && used - i <= EDGES_BACK;) {
		const struct lh_hb_edge *e = &LH_HB_EDGES[i];
		if (e->what == LH_HB_ACQUIRED_FROM_CREATOR && e->a == creator &&
		    e->a_segment == found && e->b == acquirer)
			return 0;
	}
	return found;
}

void lh_across_create_on_acquire(struct lh_event_frame *event, lh_lock_id lock)
{
	lh_thread_id thread = event->live->thread, created = thread;
	bool ordered = false;

	for (int i = 0; i < CREATORS_MAX && created && LH_THREADS[created].creator; i++) {
		lh_thread_id creator = LH_THREADS[created].creator;
		uint32_t segment = segment_of_release(creator, created, lock, thread);
		if (segment)
			lh_hb_edge_add(LH_HB_ACQUIRED_FROM_CREATOR, creator, segment, thread,
				       event->live->segment + 1);
		ordered |= segment != 0;
		created = creator;
	}
	if (ordered)
		lh_hb_next_segment(event->self, event->live);
}
