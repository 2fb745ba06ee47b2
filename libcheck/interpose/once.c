/*
 * once.c — pthread_once. Odd because the lock is held while a routine of the program's
 * runs, which gets no argument to tell it by: ours stands in for it and finds the
 * real one in the thread's own memory.
 *
 * If the routine throws, the entry stays in the held list; the next event that meets the
 * same control block, or a jump below its frame, sets it right (events/cond_sem_once.c).
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

LH_EXPORT int pthread_once(pthread_once_t *o, void (*routine)(void))
{
	struct lh_call call = LH_CALL(o, ONCE, EXCLUSIVE, BLOCKING);

	if (!lh_on_once_call(&call, routine))
		return LH_REAL(pthread_once)(o, routine);
	int rc = LH_REAL(pthread_once)(o, run);
	lh_on_once_return(&call);
	return rc;
}

LH_EXPORT void call_once(once_flag *o, void (*routine)(void))
{
	struct lh_call call = LH_CALL(o, ONCE, EXCLUSIVE, BLOCKING);

	if (!lh_on_once_call(&call, routine)) {
		LH_REAL(call_once)(o, routine);
		return;
	}
	LH_REAL(call_once)(o, run);
	lh_on_once_return(&call);
}
