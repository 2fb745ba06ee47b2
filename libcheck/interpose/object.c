/*
 * object.c — locks are initialized, destroyed and made consistent. Special because a lock has no
 * row before its init and none after its destroy, and because attributes matter: they are read from
 * the object after the original has filled it.
 */
#include "libcheck/base/real.h"
#include "libcheck/interpose/export.h"
#include "libcheck/events/events.h"

/* After a successful init a new lock is at this address, whatever was there before. */
#define INIT(fn, k, flags, initial, params, args)                                                  \
	LH_EXPORT int fn params                                                                    \
	{                                                                                          \
		struct lh_call c = LH_CALL((const void *)o, k, EXCLUSIVE, BLOCKING);               \
		lh_on_reinit_begin(&c);                                                            \
		int rc = LH_REAL(fn) args;                                                         \
		if (rc == 0)                                                                       \
			lh_on_init(&c, flags, initial);                                            \
		return rc;                                                                         \
	}
/* EBUSY means that the lock is not destroyed. */
#define DESTROY(fn, k, params, args)                                                               \
	LH_EXPORT int fn params                                                                    \
	{                                                                                          \
		struct lh_call c = LH_CALL((const void *)o, k, EXCLUSIVE, BLOCKING);               \
		lh_on_destroy_begin(&c);                                                           \
		int rc = LH_REAL(fn) args;                                                         \
		lh_on_destroyed(&c, rc);                                                           \
		return rc;                                                                         \
	}

INIT(pthread_mutex_init, MUTEX, 0, 0, (pthread_mutex_t * o, const pthread_mutexattr_t *a), (o, a))
INIT(mtx_init, MUTEX, 0, 0, (mtx_t * o, int type), (o, type))
INIT(pthread_rwlock_init, RWLOCK, 0, 0, (pthread_rwlock_t * o, const pthread_rwlockattr_t *a),
     (o, a))
INIT(pthread_spin_init, SPIN, shared ? LH_LOCK_PSHARED : 0, 0, (pthread_spinlock_t * o, int shared),
     (o, shared))
INIT(pthread_cond_init, COND, 0, 0, (pthread_cond_t * o, const pthread_condattr_t *a), (o, a))
INIT(cnd_init, COND, 0, 0, (cnd_t * o), (o))
INIT(pthread_barrier_init, BARRIER, 0, n,
     (pthread_barrier_t * o, const pthread_barrierattr_t *a, unsigned n), (o, a, n))

DESTROY(pthread_mutex_destroy, MUTEX, (pthread_mutex_t * o), (o))
DESTROY(pthread_rwlock_destroy, RWLOCK, (pthread_rwlock_t * o), (o))
DESTROY(pthread_spin_destroy, SPIN, (pthread_spinlock_t * o), (o))
DESTROY(pthread_cond_destroy, COND, (pthread_cond_t * o), (o))
DESTROY(pthread_barrier_destroy, BARRIER, (pthread_barrier_t * o), (o))

LH_EXPORT void mtx_destroy(mtx_t *o)
{
	struct lh_call call = LH_CALL(o, MUTEX, EXCLUSIVE, BLOCKING);

	lh_on_destroy_begin(&call);
	LH_REAL(mtx_destroy)(o);
	lh_on_destroyed(&call, 0);
}

LH_EXPORT void cnd_destroy(cnd_t *o)
{
	struct lh_call call = LH_CALL(o, COND, EXCLUSIVE, BLOCKING);

	lh_on_destroy_begin(&call);
	LH_REAL(cnd_destroy)(o);
	lh_on_destroyed(&call, 0);
}

/* The serial thread gets -1, which means success. */
LH_EXPORT int pthread_barrier_wait(pthread_barrier_t *o)
{
	struct lh_call call = LH_CALL(o, BARRIER, EXCLUSIVE, BLOCKING);

	lh_on_barrier_arrive(&call);
	int rc = LH_REAL(pthread_barrier_wait)(o);
	lh_on_barrier_leave(&call);
	return rc;
}

/* The caller holds the mutex before and after, so there is nothing to record. */
LH_EXPORT int pthread_mutex_consistent(pthread_mutex_t *o)
{
	return LH_REAL(pthread_mutex_consistent)(o);
}

/* Acquires and releases the mutex inside; the caller never holds it. */
LH_EXPORT int pthread_mutex_setprioceiling(pthread_mutex_t *o, int ceiling, int *old)
{
	return LH_REAL(pthread_mutex_setprioceiling)(o, ceiling, old);
}
