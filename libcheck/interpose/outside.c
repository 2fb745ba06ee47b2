/*
 * outside.c — the wrappers of other libraries' functions that are all alike, from the rows
 * VOIDLOCK, BOOLTRY, VOIDUNLOCK, VOIDINIT and VOIDEND of calls.def.
 *
 * A program may call a function that no object defines: it has a weak reference to it, which is not
 * NULL because we export the name. Then nothing is locked, and a try succeeds, as for a program of
 * one thread.
 */
#include "libcheck/base/outside.h"
#include "libcheck/interpose/export.h"
#include "libcheck/interpose/inner.h"
#include "libcheck/events/events.h"

#define CALL(k, m, h) LH_CALL((const void *)o, k, m, h)

#define VOIDLOCK(fn, first, k, m, params, args)                                                    \
	LH_EXPORT void fn params                                                                   \
	{                                                                                          \
		__typeof__(fn) *real = LH_OUTSIDE(fn);                                             \
		__typeof__(first) *try = real ? LH_OUTSIDE_BESIDE(first, real) : NULL;             \
		int acquired = 0;                                                                  \
		if (LH_LIKELY(try != NULL))                                                        \
			INNER(k, acquired = try(o));                                               \
		if (LH_LIKELY(acquired)) {                                                         \
			lh_on_acquired(CALL(k, m, BLOCKING), 0);                                   \
			return;                                                                    \
		}                                                                                  \
		const struct lh_call c = CALL(k, m, BLOCKING);                                     \
		if (!real)                                                                         \
			return;                                                                    \
		lh_on_wait_begin(&c);                                                              \
		INNER(k, real args);                                                               \
		lh_on_wait_end(&c, 0);                                                             \
	}
#define BOOLTRY(fn, k, m, params, args)                                                            \
	LH_EXPORT int fn params                                                                    \
	{                                                                                          \
		__typeof__(fn) *real = LH_OUTSIDE(fn);                                             \
		int acquired = 0;                                                                  \
		if (LH_UNLIKELY(!real))                                                            \
			return 1;                                                                  \
		INNER(k, acquired = real args);                                                    \
		lh_on_acquired(CALL(k, m, TRY), acquired ? 0 : EBUSY);                             \
		return acquired;                                                                   \
	}
#define VOIDUNLOCK(fn, k, params, args)                                                            \
	LH_EXPORT void fn params                                                                   \
	{                                                                                          \
		__typeof__(fn) *real = LH_OUTSIDE(fn);                                             \
		if (LH_UNLIKELY(!real))                                                            \
			return;                                                                    \
		lh_on_release(CALL(k, EXCLUSIVE, BLOCKING));                                       \
		INNER(k, real args);                                                               \
	}
#define VOIDINIT(fn, k, params, args)                                                              \
	LH_EXPORT void fn params                                                                   \
	{                                                                                          \
		const struct lh_call c = CALL(k, EXCLUSIVE, BLOCKING);                             \
		__typeof__(fn) *real = LH_OUTSIDE(fn);                                             \
		if (LH_UNLIKELY(!real))                                                            \
			return;                                                                    \
		lh_on_reinit_begin(&c);                                                            \
		INNER(k, real args);                                                               \
		lh_on_init(&c, 0, 0);                                                              \
	}
#define VOIDEND(fn, k, params, args)                                                               \
	LH_EXPORT void fn params                                                                   \
	{                                                                                          \
		const struct lh_call c = CALL(k, EXCLUSIVE, BLOCKING);                             \
		__typeof__(fn) *real = LH_OUTSIDE(fn);                                             \
		if (LH_UNLIKELY(!real))                                                            \
			return;                                                                    \
		lh_on_destroy_begin(&c);                                                           \
		INNER(k, real args);                                                               \
		lh_on_destroyed(&c, 0);                                                            \
	}
#include "libcheck/calls.def"
