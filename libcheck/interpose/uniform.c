/*
 * uniform.c — the wrappers that are all alike, from the rows of calls.def.
 *
 * Each reports what is about to happen, calls the original, and reports the result. No entry check
 * and no errno here: events/ handles them, once for all wrappers. glibc's C11 functions do not call
 * the pthread names, so they have wrappers too; their objects are the pthread ones.
 */
#include "libcheck/base/real.h"
#include "libcheck/interpose/export.h"
#include "libcheck/events/events.h"

#define CALL(k, m, h) LH_CALL((const void *)o, k, m, h)

static int outcome_of_c11(int rc)
{
	return rc == thrd_success ? 0 : rc == thrd_busy ? EBUSY : EINVAL;
}

/* As an error number: C11 functions return other values. */
#define OUTCOME(rc) _Generic((o), mtx_t * : outcome_of_c11(rc), default : (rc))
#define BUSY _Generic((o), mtx_t * : thrd_busy, default : EBUSY)

/* The wait is announced and checked before it begins. */
#define WAIT_FOR(fn, k, m, h, args)                                                                \
	const struct lh_call c = CALL(k, m, h);                                                    \
	lh_on_wait_begin(&c);                                                                      \
	rc = lh_real.fn args;                                                                      \
	lh_on_wait_end(&c, OUTCOME(rc));                                                           \
	return rc;

#define LOCK(fn, first, k, m, h, params, args)                                                     \
	LH_EXPORT int fn params                                                                    \
	{                                                                                          \
		int rc = BUSY;                                                                     \
		if (LH_LIKELY(lh_lock_may_try((const void *)o, LH_##k)))                           \
			rc = lh_real.first(o);                                                     \
		else                                                                               \
			lh_lock_free_probe((const void *)o, LH_##k, LH_##h);                       \
		if (LH_LIKELY(rc != BUSY)) {                                                       \
			lh_on_acquired(CALL(k, m, h), OUTCOME(rc));                                \
			return rc;                                                                 \
		}                                                                                  \
		WAIT_FOR(fn, k, m, h, args)                                                        \
	}
#define TIMEDLOCK(fn, k, m, params, args)                                                          \
	LH_EXPORT int fn params                                                                    \
	{                                                                                          \
		int rc;                                                                            \
		if (lh_lock_free_probe((const void *)o, LH_##k, LH_TIMED)) {                       \
			rc = lh_real.fn args;                                                      \
			lh_on_acquired(CALL(k, m, TIMED), OUTCOME(rc));                            \
			return rc;                                                                 \
		}                                                                                  \
		WAIT_FOR(fn, k, m, TIMED, args)                                                    \
	}
#define TRYLOCK(fn, k, m, params, args)                                                            \
	LH_EXPORT int fn params                                                                    \
	{                                                                                          \
		int rc = lh_real.fn args;                                                          \
		lh_on_acquired(CALL(k, m, TRY), OUTCOME(rc));                                      \
		return rc;                                                                         \
	}
#define UNLOCK(fn, k, params, args)                                                                \
	LH_EXPORT int fn params                                                                    \
	{                                                                                          \
		lh_on_release(CALL(k, EXCLUSIVE, BLOCKING));                                       \
		int rc = lh_real.fn args;                                                          \
		lh_on_release_done(CALL(k, EXCLUSIVE, BLOCKING), OUTCOME(rc));                     \
		return rc;                                                                         \
	}
#include "libcheck/calls.def"
