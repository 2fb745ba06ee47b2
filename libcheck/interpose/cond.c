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

#define WAIT(fn, h, params, args)                                                                  \
	LH_EXPORT int fn params                                                                    \
	{                                                                                          \
		struct lh_call c = LH_CALL(o, MUTEX, EXCLUSIVE, h);                                \
		lh_on_cond_wait(&c, v, LH_COND);                                                   \
		int rc = LH_REAL(fn) args;                                                         \
		lh_on_cond_wait_end(&c, rc);                                                       \
		return rc;                                                                         \
	}
#define SIGNAL(fn, type)                                                                           \
	LH_EXPORT int fn(type *o)                                                                  \
	{                                                                                          \
		lh_on_cond_signal(&LH_CALL(o, COND, EXCLUSIVE, BLOCKING));                         \
		return LH_REAL(fn)(o);                                                             \
	}

WAIT(pthread_cond_wait, BLOCKING, (pthread_cond_t * v, pthread_mutex_t *o), (v, o))
WAIT(pthread_cond_timedwait, TIMED,
     (pthread_cond_t * v, pthread_mutex_t *o, const struct timespec *t), (v, o, t))
WAIT(pthread_cond_clockwait, TIMED,
     (pthread_cond_t * v, pthread_mutex_t *o, clockid_t k, const struct timespec *t), (v, o, k, t))
WAIT(cnd_wait, BLOCKING, (cnd_t * v, mtx_t *o), (v, o))
WAIT(cnd_timedwait, TIMED,
     (cnd_t *restrict v, mtx_t *restrict o, const struct timespec *restrict t), (v, o, t))

SIGNAL(pthread_cond_signal, pthread_cond_t)
SIGNAL(pthread_cond_broadcast, pthread_cond_t)
SIGNAL(cnd_signal, cnd_t)
SIGNAL(cnd_broadcast, cnd_t)
