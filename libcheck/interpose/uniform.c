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

/*
 * What is not the hot path is called out of line, with the call in registers, and returns what it
 * was given. So a wrapper saves one register beside the frame pointer.
 */
#define ACQUIRED(k, m, h, rc)                                                                      \
	lh_on_acquired_uncached((const void *)o, (uintptr_t)__builtin_frame_address(0),            \
				lh_call_how(CALL(k, m, h)), OUTCOME(rc))
#define RETURN_AFTER(event, rc)                                                                    \
	do {                                                                                       \
		int after = event;                                                                 \
		LH_NO_JUMP();                                                                      \
		return _Generic((o), mtx_t * : (rc), default : after);                             \
	} while (0)
#define RETURN_ACQUIRED(k, m, h)                                                                   \
	do {                                                                                       \
		if (LH_UNLIKELY(!lh_on_acquired_cached(CALL(k, m, h))))                            \
			ACQUIRED(k, m, h, 0);                                                      \
		return LH_IN_REGISTER(0); /* not the register that has the result */               \
	} while (0)

static __attribute__((noinline, cold)) int release_failed(const void *o, uintptr_t frame,
							  uint64_t how, int rc)
{
	const struct lh_call call = lh_call_of(o, frame, how);

	lh_on_release_failed(&call);
	return rc;
}

/* The wait is announced and checked before it begins. */
#define WAIT_FOR(fn, k, m, h, args)                                                                \
	uintptr_t frame = (uintptr_t)__builtin_frame_address(0);                                   \
	lh_on_wait_begin_of((const void *)o, frame, lh_call_how(CALL(k, m, h)));                   \
	int rc = lh_real.fn args;                                                                  \
	if (LH_LIKELY(lh_on_wait_end_cached((const void *)o, OUTCOME(rc))))                        \
		return LH_IN_REGISTER(0);                                                          \
	RETURN_AFTER(lh_on_wait_end_uncached((const void *)o, frame, lh_call_how(CALL(k, m, h)),   \
					     OUTCOME(rc)),                                         \
		     rc);

#define LOCK(fn, first, k, m, h, params, args)                                                     \
	LH_EXPORT int fn params                                                                    \
	{                                                                                          \
		if (LH_LIKELY(lh_lock_may_try((const void *)o, LH_##k))) {                         \
			int tried = lh_real.first(o);                                              \
			if (LH_LIKELY(!tried))                                                     \
				RETURN_ACQUIRED(k, m, h);                                          \
			if (LH_UNLIKELY(tried != BUSY))                                            \
				RETURN_AFTER(ACQUIRED(k, m, h, tried), tried);                     \
		} else {                                                                           \
			lh_lock_free_probe((const void *)o, LH_##k, LH_##h);                       \
		}                                                                                  \
		WAIT_FOR(fn, k, m, h, args)                                                        \
	}
#define TIMEDLOCK(fn, k, m, params, args)                                                          \
	LH_EXPORT int fn params                                                                    \
	{                                                                                          \
		if (lh_lock_free_probe((const void *)o, LH_##k, LH_TIMED)) {                       \
			int rc = lh_real.fn args;                                                  \
			if (LH_LIKELY(!rc))                                                        \
				RETURN_ACQUIRED(k, m, TIMED);                                      \
			RETURN_AFTER(ACQUIRED(k, m, TIMED, rc), rc);                               \
		}                                                                                  \
		WAIT_FOR(fn, k, m, TIMED, args)                                                    \
	}
#define TRYLOCK(fn, k, m, params, args)                                                            \
	LH_EXPORT int fn params                                                                    \
	{                                                                                          \
		int rc = lh_real.fn args;                                                          \
		if (LH_LIKELY(!rc))                                                                \
			RETURN_ACQUIRED(k, m, TRY);                                                \
		RETURN_AFTER(ACQUIRED(k, m, TRY, rc), rc);                                         \
	}
#define UNLOCK(fn, k, params, args)                                                                \
	LH_EXPORT int fn params                                                                    \
	{                                                                                          \
		lh_on_release(CALL(k, EXCLUSIVE, BLOCKING));                                       \
		int rc = lh_real.fn args;                                                          \
		if (LH_LIKELY(!rc))                                                                \
			return 0;                                                                  \
		RETURN_AFTER(release_failed((const void *)o,                                       \
					    (uintptr_t)__builtin_frame_address(0),                 \
					    lh_call_how(CALL(k, EXCLUSIVE, BLOCKING)), rc),        \
			     rc);                                                                  \
	}
#include "libcheck/calls.def"
