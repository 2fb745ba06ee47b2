/*
 * c11.c — C11 threads. Special because the results have other values than those of pthread. glibc's
 * C11 functions do not call the pthread names, so they need their own wrappers; the objects are the
 * pthread ones.
 */
#include "libcheck/base/real.h"
#include "libcheck/interpose/export.h"
#include "libcheck/events/events.h"

static int outcome(int rc)
{
	return rc == thrd_success ? 0 : rc == thrd_busy ? EBUSY : EINVAL;
}

LH_EXPORT int mtx_init(mtx_t *o, int type)
{
	struct lh_call call = LH_CALL(o, MUTEX, EXCLUSIVE, BLOCKING);
	lh_on_destroy_begin(&call);
	int rc = LH_REAL(mtx_init)(o, type);

	if (rc == thrd_success)
		lh_on_init(&call, 0, 0);
	return rc;
}

LH_EXPORT void mtx_destroy(mtx_t *o)
{
	struct lh_call call = LH_CALL(o, MUTEX, EXCLUSIVE, BLOCKING);

	lh_on_destroy_begin(&call);
	LH_REAL(mtx_destroy)(o);
	lh_on_destroyed(&call, 0);
}

/* The wait is announced and checked before it begins. */
#define WAIT_FOR(fn, h, args)                                                                      \
	const struct lh_call c = LH_CALL(o, MUTEX, EXCLUSIVE, h);                                  \
	lh_on_wait_begin(&c);                                                                      \
	rc = LH_REAL(fn) args;                                                                     \
	lh_on_wait_end(&c, outcome(rc));                                                           \
	return rc;

/* Like the uniform LOCK and TIMEDLOCK. */
LH_EXPORT int mtx_lock(mtx_t *o)
{
	int rc = LH_REAL(mtx_trylock)(o);

	if (rc != thrd_busy) {
		lh_on_acquired(LH_CALL(o, MUTEX, EXCLUSIVE, BLOCKING), outcome(rc));
		return rc;
	}
	WAIT_FOR(mtx_lock, BLOCKING, (o))
}

LH_EXPORT int mtx_timedlock(mtx_t *restrict o, const struct timespec *restrict t)
{
	int rc;

	if (lh_lock_free_probe(o, LH_MUTEX, LH_TIMED)) {
		rc = LH_REAL(mtx_timedlock)(o, t);
		lh_on_acquired(LH_CALL(o, MUTEX, EXCLUSIVE, TIMED), outcome(rc));
		return rc;
	}
	WAIT_FOR(mtx_timedlock, TIMED, (o, t))
}

LH_EXPORT int mtx_trylock(mtx_t *o)
{
	struct lh_call call = LH_CALL(o, MUTEX, EXCLUSIVE, TRY);
	int rc = LH_REAL(mtx_trylock)(o);

	lh_on_acquired(call, outcome(rc));
	return rc;
}

LH_EXPORT int mtx_unlock(mtx_t *o)
{
	struct lh_call call = LH_CALL(o, MUTEX, EXCLUSIVE, BLOCKING);

	lh_on_release(call);
	int rc = LH_REAL(mtx_unlock)(o);
	lh_on_release_done(call, outcome(rc));
	return rc;
}

LH_EXPORT int cnd_init(cnd_t *o)
{
	struct lh_call call = LH_CALL(o, COND, EXCLUSIVE, BLOCKING);
	int rc = LH_REAL(cnd_init)(o);

	if (rc == thrd_success)
		lh_on_init(&call, 0, 0);
	return rc;
}

LH_EXPORT void cnd_destroy(cnd_t *o)
{
	struct lh_call call = LH_CALL(o, COND, EXCLUSIVE, BLOCKING);

	LH_REAL(cnd_destroy)(o);
	lh_on_destroyed(&call, 0);
}

LH_EXPORT int cnd_wait(cnd_t *v, mtx_t *o)
{
	struct lh_call call = LH_CALL(o, MUTEX, EXCLUSIVE, BLOCKING);

	lh_on_cond_wait(&call, v, LH_BLOCKING);
	int rc = LH_REAL(cnd_wait)(v, o);
	lh_on_cond_wait_end(&call);
	return rc;
}

LH_EXPORT int cnd_timedwait(cnd_t *restrict v, mtx_t *restrict o, const struct timespec *restrict t)
{
	struct lh_call call = LH_CALL(o, MUTEX, EXCLUSIVE, TIMED);

	lh_on_cond_wait(&call, v, LH_TIMED);
	int rc = LH_REAL(cnd_timedwait)(v, o, t);
	lh_on_cond_wait_end(&call);
	return rc;
}

LH_EXPORT int cnd_signal(cnd_t *o)
{
	struct lh_call call = LH_CALL(o, COND, EXCLUSIVE, BLOCKING);

	lh_on_cond_signal(&call);
	return LH_REAL(cnd_signal)(o);
}

LH_EXPORT int cnd_broadcast(cnd_t *o)
{
	struct lh_call call = LH_CALL(o, COND, EXCLUSIVE, BLOCKING);

	lh_on_cond_signal(&call);
	return LH_REAL(cnd_broadcast)(o);
}
