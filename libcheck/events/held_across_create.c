/*
 * held_across_create.c — part of the room `track`: locks that a thread holds while it creates
 * others.
 *
 * A thread that was created while its creator held a lock, and that takes this lock, gets it
 * when the creator has given it back. So what the creator did before it gave the lock back came
 * before what the new thread does from then on; the same goes for threads that the new one
 * creates. That is written down as an event, so that the judge does not take the one to meet
 * the other. The giving and the taking each begin a new segment.
 *
 * Only locks held exclusively, and only those taken by waiting: a try that had failed would
 * have gone another way. A condition wait gives the lock back in between: then we claim nothing.
 * Bounded: a giving that lies more than so many events back is not found.
 */
#include "libcheck/events/event.h"

enum { EVENTS_BACK = 4096, CREATORS_UP = 16 };

void lh_across_create_mark(struct lh_event_frame *event)
{
	for (uint32_t i = 0; i < event->live->held_n && i < LH_HELD_MAX; i++) {
		struct lh_held *h = &event->live->held[i];
		struct lh_lock *l = lh_lock_row(h->lock);
		if (!l || (h->flags & (LH_HELD_IN_COND_WAIT | LH_HELD_ACROSS_CREATE)) ||
		    LH_SITE_MODE(h->site) != LH_EXCLUSIVE || l->kind == LH_ONCE ||
		    l->kind == LH_GUARD)
			continue;
		h->pad = event->live->segment;
		h->flags |= LH_HELD_ACROSS_CREATE;
		l->flags |= LH_LOCK_HELD_ACROSS_CREATE;
	}
}

/* Before it is given back: a child that lives on after this moment is not shut out by it any more.
 */
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

/* Was `giver` holding the lock when it created `made`, and has it given it back since? Its
 * segment then; 0: no, or `taker` has taken the lock after that before. */
static uint32_t released_in(lh_thread_id giver, lh_thread_id made, lh_lock_id lock,
			    lh_thread_id taker)
{
	uint32_t used = lh_rows_used(LH_T_HB_EDGE), found = 0;
	uint32_t created = LH_THREADS[made].creator_segment;

	for (uint32_t i = used; i-- > 1 && used - i <= EVENTS_BACK;) {
		const struct lh_hb_edge *e = &LH_HB_EDGES[i];
		if (e->what == LH_HB_CREATOR_RELEASED && e->a == giver && e->b == lock &&
		    e->b_segment <= created && created < e->a_segment)
			found = e->a_segment;
	}
	for (uint32_t i = used; found && i-- > 1 && used - i <= EVENTS_BACK;) {
		const struct lh_hb_edge *e = &LH_HB_EDGES[i];
		if (e->what == LH_HB_ACQUIRED_FROM_CREATOR && e->a == giver &&
		    e->a_segment == found && e->b == taker)
			return 0;
	}
	return found;
}

void lh_across_create_on_acquire(struct lh_event_frame *event, lh_lock_id lock)
{
	lh_thread_id me = event->live->thread, made = me;
	bool news = false;

	for (int i = 0; i < CREATORS_UP && made && LH_THREADS[made].creator; i++) {
		lh_thread_id giver = LH_THREADS[made].creator;
		uint32_t segment = released_in(giver, made, lock, me);
		if (segment)
			lh_hb_edge_add(LH_HB_ACQUIRED_FROM_CREATOR, giver, segment, me,
				       event->live->segment + 1);
		news |= segment != 0;
		made = giver;
	}
	if (news)
		lh_hb_next_segment(event->self, event->live);
}
