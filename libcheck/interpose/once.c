/*
 * once.c — pthread_once. Special because the lock is held while a routine of the program runs, and
 * the routine gets no argument that identifies the call: run() is passed in its place and finds the
 * program's routine in the thread's own memory.
 *
 * If the routine ends by an exception, a jump or a cancellation, glibc resets the control and its
 * entry stays in the held list until the thread's next chain is recorded (events/event_orders.c).
 */
#include "libcheck/base/real.h"
#include "libcheck/interpose/export.h"
#include "libcheck/events/events.h"

static void run(void)
{
	void (*routine)(void);
	const struct lh_call *call = lh_on_once_routine_begin(&routine);

	routine();
	lh_on_once_routine_end(call);
}

/* Before anything about the call is kept: a signal handler may make another one meanwhile. */
static inline __attribute__((always_inline)) void probe(const struct lh_call *call)
{
	if (!lh_once_is_done(call->object) || !lh_once_adds_nothing(call))
		lh_lock_free_probe(call->object, LH_ONCE, LH_BLOCKING);
}

LH_EXPORT int pthread_once(pthread_once_t *o, void (*routine)(void))
{
	struct lh_call call = LH_CALL(o, ONCE, EXCLUSIVE, BLOCKING);

	probe(&call);
	if (!lh_on_once_call(&call, routine))
		return LH_REAL(pthread_once)(o, routine);
	int rc = LH_REAL(pthread_once)(o, run);
	lh_on_once_return(&call);
	return rc;
}

LH_EXPORT void call_once(once_flag *o, void (*routine)(void))
{
	struct lh_call call = LH_CALL(o, ONCE, EXCLUSIVE, BLOCKING);

	probe(&call);
	if (!lh_on_once_call(&call, routine)) {
		LH_REAL(call_once)(o, routine);
		return;
	}
	LH_REAL(call_once)(o, run);
	lh_on_once_return(&call);
}
