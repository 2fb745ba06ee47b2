/* barrier.c — the events of a barrier: a thread arrives, and leaves. */
#include "libcheck/events/event.h"

/* Threads of other processes, which are not seen, pass a process-shared barrier too. */
static bool is_shared(const void *barrier)
{
	return *lh_glibc_word(barrier, LH_GLIBC_BARRIER_SHARED) != 0;
}

void lh_on_barrier_arrive(const struct lh_call *call)
{
	struct lh_event_frame event;

	if (!lh_event_begin_must(&event, call))
		return;
	struct lh_lock *b = lh_event_lock(&event, call->object, LH_BARRIER);
	if (b) {
		b->acquired++;
		if (!is_shared(call->object))
			lh_round_arrive(event.self, b);
		lh_event_announce_wait(&event, lh_lock_id_of(b),
				       LH_SITE(event.stack, LH_BLOCKING, LH_EXCLUSIVE),
				       LH_WAIT_BARRIER, 0);
	}
	lh_event_end(&event);
}

/* The last thread that arrived has recorded the round, so the internal lock is not needed. */
void lh_on_barrier_leave(const struct lh_call *call)
{
	struct lh_self *self = lh_enter(call->frame);

	if (!self)
		return;
	lh_event_wait_time(self);
	lh_round_leave(self);
	lh_leave(self);
}
