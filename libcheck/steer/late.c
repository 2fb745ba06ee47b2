/*
 * late.c — lets one thread of the plan start late, and tells whether others come to their places
 * without it. A thread that always came second may be able to come first: pauses at the stops do
 * not show it if the other thread makes it wait before it comes to its own first stop.
 */
#include "libcheck/steer/pause_internal.h"

#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>

static void (*at_create)(uintptr_t frame); /* the function in whose place at_late_start is */

/* True: the thread starts now. */
static bool may_start(const struct lh_self *self, uint64_t until, bool struck)
{
	return struck || (self->live_saved->cancel & LH_CANCEL_PENDING) ||
	       lh_clock_now() >= until || lh_steering->must_start ||
	       (!lh_steering->paused && lh_look_for_quiet());
}

static uint64_t begin_delay(const struct lh_self *self)
{
	const struct lh_limits_of_pause now = {.now_ns = lh_clock_now(), .last = true};

	lh_stepper_of(self->number)->late = true;
	lh_steering->late++;
	lh_steering->quiet = 0;
	return lh_limits_until(&now);
}

static void end_delay(const struct lh_self *self, uint64_t since)
{
	lh_stepper_of(self->number)->late = false;
	lh_steering->late--;
	lh_limits_spend(lh_clock_now() - since);
}

static void start_late(uintptr_t frame)
{
	const struct timespec t = {0, LH_STEER_STEP_NS};
	struct lh_self *self = lh_steering_begin(frame);
	bool over = false;

	if (!self)
		return;
	uint64_t since = lh_clock_now(), until = begin_delay(self);
	while (!over) {
		uint32_t turn = __atomic_load_n(&lh_steering->turn, __ATOMIC_ACQUIRE);
		lh_steering_end(self);
		long rc = lh_syscall(SYS_futex, (long)&lh_steering->turn, FUTEX_WAIT_PRIVATE, turn,
				     (long)&t, 0, 0);
		self = lh_steering_begin(frame);
		if (!self) /* a filter was set since: nothing is steered any more */
			return;
		over = may_start(self, until, rc == -EINTR);
	}
	end_delay(self, since);
	lh_steering_end(self);
}

/* The function is called whenever a thread has created another one, too. */
static void at_late_start(uintptr_t frame)
{
	const struct lh_live_thread *live = lh_self_get()->live;
	const struct lh_plan *plan = lh_steering->plan;

	if (live && plan && live->thread == plan->late_thread && !lh_steering->was_late) {
		lh_steering->was_late = true;
		start_late(frame);
	}
	at_create(frame);
}

void lh_late_init(void)
{
	at_create = lh_thread_at_create;
	if (lh_steering->plan->late_thread)
		lh_thread_at_create = at_late_start;
}
