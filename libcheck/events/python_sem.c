/*
 * python_sem.c — CPython's semaphores that stand for the end of a thread.
 *
 * CPython's threads are detached. Each thread holds a semaphore of its own while it lives; the
 * interpreter posts the semaphore when it clears the thread's state, and join() waits for it. So
 * the semaphore is no lock: acquiring it from another thread is a join, with the same
 * happens-before edges and the same cycles as pthread_join.
 *
 * In the row of this semaphore, `thread` is the thread; after the thread's end `initial` is 1 and
 * `barrier_arrived` is the thread's segment at its end.
 */
#include "libcheck/events/event.h"

void lh_on_thread_end_sem(const struct lh_call *call)
{
	struct lh_event_frame event;

	if (!lh_event_begin_must(&event, call))
		return;
	struct lh_lock *l = lh_lock_make(call->object, LH_SEM);
	if (l) {
		l->flags |= LH_LOCK_SIGNAL | LH_LOCK_THREAD_END_SEM;
		l->thread = event.live->thread;
		l->barrier_arrived = l->initial = 0;
	}
	lh_event_end(&event);
}

/* Counts only a post by the thread itself: a thread that joins it may post the semaphore too.
 * Begins a segment, because the main thread continues after its post. */
void lh_thread_end_posted(const struct lh_call *call, struct lh_lock *l)
{
	struct lh_self *self = lh_enter(call->frame);

	if (!self)
		return;
	if (!l->initial && l->thread == self->live_saved->thread) {
		l->barrier_arrived = self->live_saved->segment;
		l->initial = 1;
		lh_hb_next_segment(self, self->live_saved);
	}
	lh_leave(self);
}

static struct lh_lock *end_lock_of(const struct lh_self *self, const struct lh_call *call)
{
	struct lh_lock *l = self->live ? lh_lock_known(call->object, LH_SEM) : NULL;

	return l && (l->flags & LH_LOCK_THREAD_END_SEM) && l->thread != self->live->thread ? l
											   : NULL;
}

bool lh_on_sem_join_begin(const struct lh_call *call)
{
	struct lh_lock *l = end_lock_of(lh_self_get(), call);
	struct lh_event_frame event;

	if (!l || !lh_event_begin_must(&event, call))
		return false;
	/* the main thread posts its semaphore before it waits for the other threads, so a wait for
	 * this semaphore is no wait for the main thread's end */
	if (LH_THREADS[l->thread].flags & LH_THREAD_MAIN)
		lh_event_announce_wait(&event, lh_lock_id_of(l),
				       LH_SITE(event.stack, call->how, LH_EXCLUSIVE), LH_WAIT_SEM,
				       0);
	else
		lh_event_join_begin(&event, l->thread, (enum lh_how)call->how);
	lh_event_end(&event);
	return true;
}

void lh_on_sem_join_end(const struct lh_call *call, int rc)
{
	struct lh_lock *l = end_lock_of(lh_self_get(), call);
	struct lh_event_frame event;

	if (!l || !lh_event_begin_must(&event, call))
		return;
	lh_event_wait_time(event.self);
	if (!rc && l->initial) {
		lh_hb_edge_add(LH_HB_JOIN, l->thread, l->barrier_arrived, event.live->thread,
			       event.live->segment + 1);
		lh_hb_next_segment(event.self, event.live);
	}
	lh_event_end(&event);
}
