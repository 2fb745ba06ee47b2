/*
 * cond.c — condition variables. Special because the mutex is released and acquired again inside the
 * original, and because the wait is a cancellation point: if the thread is cancelled there, no code
 * after the original runs (see lh_on_cond_wait).
 *
 * An error other than ETIMEDOUT is returned before the mutex is released; in every case the caller
 * holds the mutex afterwards.
 */
#include "libcheck/base/real.h"
#include "libcheck/interpose/export.h"
#include "libcheck/events/events.h"

LH_EXPORT int pthread_cond_wait(pthread_cond_t *v, pthread_mutex_t *o)
{
	struct lh_call call = LH_CALL(o, MUTEX, EXCLUSIVE, BLOCKING);

	lh_on_cond_wait(&call, v, LH_BLOCKING);
	int rc = LH_REAL(pthread_cond_wait)(v, o);
	lh_on_cond_wait_end(&call);
	return rc;
}

LH_EXPORT int pthread_cond_timedwait(pthread_cond_t *v, pthread_mutex_t *o,
				     const struct timespec *t)
{
	struct lh_call call = LH_CALL(o, MUTEX, EXCLUSIVE, TIMED);

	lh_on_cond_wait(&call, v, LH_TIMED);
	int rc = LH_REAL(pthread_cond_timedwait)(v, o, t);
	lh_on_cond_wait_end(&call);
	return rc;
}

LH_EXPORT int pthread_cond_clockwait(pthread_cond_t *v, pthread_mutex_t *o, clockid_t k,
				     const struct timespec *t)
{
	struct lh_call call = LH_CALL(o, MUTEX, EXCLUSIVE, TIMED);

	lh_on_cond_wait(&call, v, LH_TIMED);
	int rc = LH_REAL(pthread_cond_clockwait)(v, o, k, t);
	lh_on_cond_wait_end(&call);
	return rc;
}

LH_EXPORT int pthread_cond_signal(pthread_cond_t *o)
{
	struct lh_call call = LH_CALL(o, COND, EXCLUSIVE, BLOCKING);

	lh_on_cond_signal(&call);
	return LH_REAL(pthread_cond_signal)(o);
}

LH_EXPORT int pthread_cond_broadcast(pthread_cond_t *o)
{
	struct lh_call call = LH_CALL(o, COND, EXCLUSIVE, BLOCKING);

	lh_on_cond_signal(&call);
	return LH_REAL(pthread_cond_broadcast)(o);
}
