/*
 * openmp.c — locks and critical sections of OpenMP, as far as they are not uniform: a lock is
 * initialized with a hint; a critical section begins, ends. libgomp and LLVM's libomp define them.
 *
 * A critical section cannot be tried, and its object is a word that the compiler makes. The unnamed
 * section of libgomp, and its atomic operations, have no object that is known here: the original
 * function's address stands for it.
 *
 * libomp implements the names of libgomp by calls of its own exported functions, which come here
 * again. So while it is loaded, the calls made inside an original are inner calls.
 */
#include "libcheck/base/outside.h"
#include "libcheck/interpose/export.h"
#include "libcheck/events/events.h"

/* ---- locks ---- */

/* The hint is no part of the lock's state. libgomp has no function with a hint. */
static void set_up_with_hint(const struct lh_call *call, void (*hinted)(void *, uintptr_t),
			     void (*plain)(void *), void *o, uintptr_t hint)
{
	if (!hinted && !plain)
		return;
	lh_on_reinit_begin(call);
	if (hinted)
		hinted(o, hint);
	else
		plain(o);
	lh_on_init(call, 0, 0);
}

#define CALL(o, k) &LH_CALL(o, k, EXCLUSIVE, BLOCKING)
#define HINTED(fn) ((void (*)(void *, uintptr_t))(void *)LH_OUTSIDE(fn))

/* `fortran` is _ or nothing, `hint` the type of the hint. */
#define INIT_WITH_HINT(name, k, fortran, hint)                                                     \
	LH_EXPORT void omp_init_##name##_with_hint##fortran(void *o, hint h)                       \
	{                                                                                          \
		set_up_with_hint(CALL(o, k), HINTED(omp_init_##name##_with_hint##fortran),         \
				 LH_OUTSIDE(omp_init_##name##fortran), o, (uintptr_t)h);           \
	}
INIT_WITH_HINT(lock, OMP_LOCK, , int)
INIT_WITH_HINT(nest_lock, OMP_NEST_LOCK, , int)
INIT_WITH_HINT(lock, OMP_LOCK, _, const int *)
INIT_WITH_HINT(nest_lock, OMP_NEST_LOCK, _, const int *)

/* ---- critical sections ---- */

/* A libomp that came later may record the section twice, which does no harm: it has one object. */
static inline struct lh_self *inner_begin(bool of_libgomp, uintptr_t frame)
{
	return of_libgomp && LH_UNLIKELY(LH_OUTSIDE_WAS_THERE(__kmpc_critical))
		       ? lh_inner_begin(frame)
		       : NULL;
}

/* `of_libgomp`: libomp has the function too, for programs that were built for libgomp. */
#define INNER(of_libgomp, call)                                                                    \
	do {                                                                                       \
		struct lh_self *inner =                                                            \
			inner_begin(of_libgomp, (uintptr_t)__builtin_frame_address(0));            \
		call;                                                                              \
		lh_inner_end(inner);                                                               \
	} while (0)
#define SECTION_BEGIN(fn, of_libgomp, object, params, args)                                        \
	LH_EXPORT void fn params                                                                   \
	{                                                                                          \
		__typeof__(fn) *real = LH_OUTSIDE(fn);                                             \
		if (LH_UNLIKELY(!real))                                                            \
			return;                                                                    \
		struct lh_untried u =                                                              \
			lh_on_untried_begin(LH_CALL(object, OMP_CRITICAL, EXCLUSIVE, BLOCKING));   \
		INNER(of_libgomp, real args);                                                      \
		lh_on_untried_end(LH_CALL(object, OMP_CRITICAL, EXCLUSIVE, BLOCKING), u);          \
	}
#define SECTION_END(fn, of_libgomp, object, params, args)                                          \
	LH_EXPORT void fn params                                                                   \
	{                                                                                          \
		__typeof__(fn) *real = LH_OUTSIDE(fn);                                             \
		if (LH_UNLIKELY(!real))                                                            \
			return;                                                                    \
		lh_on_release(LH_CALL(object, OMP_CRITICAL, EXCLUSIVE, BLOCKING));                 \
		INNER(of_libgomp, real args);                                                      \
	}
#define UNNAMED(fn) ((const void *)(uintptr_t)LH_OUTSIDE(fn))

SECTION_BEGIN(GOMP_critical_start, true, (const void *)(uintptr_t)real, (void), ())
SECTION_END(GOMP_critical_end, true, UNNAMED(GOMP_critical_start), (void), ())
SECTION_BEGIN(GOMP_critical_name_start, true, o, (void *o), (o))
SECTION_END(GOMP_critical_name_end, true, o, (void *o), (o))
SECTION_BEGIN(GOMP_atomic_start, true, (const void *)(uintptr_t)real, (void), ())
SECTION_END(GOMP_atomic_end, true, UNNAMED(GOMP_atomic_start), (void), ())
SECTION_BEGIN(__kmpc_critical, false, o, (void *place, int thread, void *o), (place, thread, o))
SECTION_BEGIN(__kmpc_critical_with_hint, false, o,
	      (void *place, int thread, void *o, uint32_t hint), (place, thread, o, hint))
SECTION_END(__kmpc_end_critical, false, o, (void *place, int thread, void *o), (place, thread, o))
SECTION_BEGIN(__kmpc_atomic_start, false, (const void *)(uintptr_t)real, (void), ())
SECTION_END(__kmpc_atomic_end, false, UNNAMED(__kmpc_atomic_start), (void), ())
