/*
 * life.c — creates, ends and joins threads. Special because the new thread must find its
 * live-thread row: the row keeps the program's start routine, and a start routine of ours runs
 * first. Cancellation, pthread_exit and exceptions pass through our frame, which has unwind tables
 * and needs no cleanup.
 */
#include "libcheck/base/real.h"
#include "libcheck/interpose/export.h"
#include "libcheck/rules/signal_handler.h"
#include "libcheck/events/events.h"

/* The row keeps the program's start routine and argument, so nothing is allocated. */
static struct lh_live_thread *live_row_of(void *live_row)
{
	return &LH_LIVE_THREADS[(uint32_t)(uintptr_t)live_row];
}

static void attach(void *live_row)
{
	lh_mask_read();
	lh_on_thread_start((uint32_t)(uintptr_t)live_row, (uintptr_t)__builtin_frame_address(0),
			   live_row_of(live_row)->stack_high);
	lh_thread_at_create((uintptr_t)__builtin_frame_address(0));
}

static void *begin(void *live_row)
{
	void *(*routine)(void *) = (void *(*)(void *))live_row_of(live_row)->start_routine;
	void *argument = (void *)live_row_of(live_row)->start_argument;

	attach(live_row);
	void *result = routine(argument);
	lh_on_thread_exit();
	return result;
}

static int begin_c11(void *live_row)
{
	int (*routine)(void *) = (int (*)(void *))live_row_of(live_row)->start_routine;
	void *argument = (void *)live_row_of(live_row)->start_argument;

	attach(live_row);
	int result = routine(argument);
	lh_on_thread_exit();
	return result;
}

/* The stack size in the attributes shows where the new thread's stack will end. */
static uint32_t prepare(const struct lh_call *call, const void *routine, void *argument,
			const pthread_attr_t *a)
{
	size_t size = 0;
	int state = PTHREAD_CREATE_JOINABLE;

	if (a) {
		pthread_attr_getdetachstate(a, &state);
		pthread_attr_getstacksize(a, &size);
	}
	uint32_t live_row = lh_on_thread_create(call, state == PTHREAD_CREATE_DETACHED);
	if (live_row) {
		LH_LIVE_THREADS[live_row].start_routine = (uintptr_t)routine;
		LH_LIVE_THREADS[live_row].start_argument = (uintptr_t)argument;
		LH_LIVE_THREADS[live_row].stack_high = size;
	}
	return live_row;
}

LH_EXPORT int pthread_create(pthread_t *thread, const pthread_attr_t *a, void *(*routine)(void *),
			     void *argument)
{
	struct lh_call call = LH_CALL(NULL, THREAD_END, EXCLUSIVE, BLOCKING);
	uint32_t live_row = prepare(&call, (const void *)routine, argument, a);

	if (!live_row)
		return LH_REAL(pthread_create)(thread, a, routine, argument);
	lh_thread_id id = LH_LIVE_THREADS[live_row].thread;
	int rc = LH_REAL(pthread_create)(thread, a, begin, (void *)(uintptr_t)live_row);
	lh_on_thread_create_done(&call, live_row, id, rc ? NULL : thread);
	lh_thread_at_create(call.frame);
	return rc;
}

LH_EXPORT int thrd_create(thrd_t *thread, thrd_start_t routine, void *argument)
{
	struct lh_call call = LH_CALL(NULL, THREAD_END, EXCLUSIVE, BLOCKING);
	uint32_t live_row = prepare(&call, (const void *)routine, argument, NULL);

	if (!live_row)
		return LH_REAL(thrd_create)(thread, routine, argument);
	lh_thread_id id = LH_LIVE_THREADS[live_row].thread;
	int rc = LH_REAL(thrd_create)(thread, begin_c11, (void *)(uintptr_t)live_row);
	lh_on_thread_create_done(&call, live_row, id, rc == thrd_success ? thread : NULL);
	lh_thread_at_create(call.frame);
	return rc;
}

/* A tryjoin that returns EBUSY has neither waited nor joined. */
#define JOIN(fn, h, params, args)                                                                  \
	LH_EXPORT int fn params                                                                    \
	{                                                                                          \
		struct lh_call c = LH_CALL(NULL, THREAD_END, EXCLUSIVE, h);                        \
		uint32_t live_row = lh_on_join_begin(&c, o, LH_##h);                               \
		int rc = LH_REAL(fn) args;                                                         \
		lh_on_join_end(&c, live_row, rc);                                                  \
		return rc;                                                                         \
	}

JOIN(pthread_join, BLOCKING, (pthread_t o, void **result), (o, result))
JOIN(pthread_tryjoin_np, TRY, (pthread_t o, void **result), (o, result))
JOIN(pthread_timedjoin_np, TIMED, (pthread_t o, void **result, const struct timespec *t),
     (o, result, t))
JOIN(pthread_clockjoin_np, TIMED,
     (pthread_t o, void **result, clockid_t k, const struct timespec *t), (o, result, k, t))
JOIN(thrd_join, BLOCKING, (thrd_t o, int *result), (o, result))

LH_EXPORT int pthread_detach(pthread_t thread)
{
	lh_on_detach(&LH_CALL(NULL, THREAD_END, EXCLUSIVE, BLOCKING), thread);
	return LH_REAL(pthread_detach)(thread);
}

LH_EXPORT int thrd_detach(thrd_t thread)
{
	lh_on_detach(&LH_CALL(NULL, THREAD_END, EXCLUSIVE, BLOCKING), thread);
	return LH_REAL(thrd_detach)(thread);
}

LH_EXPORT void pthread_exit(void *result)
{
	lh_on_thread_exit();
	LH_REAL(pthread_exit)(result);
	__builtin_unreachable();
}

LH_EXPORT void thrd_exit(int result)
{
	lh_on_thread_exit();
	LH_REAL(thrd_exit)(result);
	__builtin_unreachable();
}

LH_EXPORT int pthread_setname_np(pthread_t thread, const char *name)
{
	int rc = LH_REAL(pthread_setname_np)(thread, name);

	if (rc == 0)
		lh_on_thread_name(&LH_CALL(NULL, THREAD_END, EXCLUSIVE, BLOCKING), thread, name);
	return rc;
}
