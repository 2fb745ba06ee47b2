/*
 * outside.h — the original functions of libraries other than libc: rows OUTSIDE, VOIDLOCK, BOOLTRY,
 * VOIDUNLOCK, VOIDINIT and VOIDEND of calls.def.
 *
 * Such a library is perhaps not there at the start: a plugin brings it, and dlsym would not see it
 * then; and two plugins may bring one each. So the functions are looked for in the symbol tables of
 * the objects that were loaded after ours: when the library starts, for all callers; and those that
 * were not there then, or have versions, at their first call from each object, where that object
 * would find them.
 *
 * Calls no function of glibc's loader but _dl_find_object, allocates nothing, takes no lock.
 */
#ifndef LH_BASE_OUTSIDE_H
#define LH_BASE_OUTSIDE_H

#include "libcheck/base/sys.h"

/* The types of other libraries are opaque here. A row with parameters declares its function. */
#define VOIDLOCK(fn, first, kind, mode, params, args) void fn params;
#define BOOLTRY(fn, kind, mode, params, args) int fn params;
#define VOIDUNLOCK(fn, kind, params, args) void fn params;
#define VOIDINIT(fn, kind, params, args) void fn params;
#define VOIDEND(fn, kind, params, args) void fn params;
#include "libcheck/calls.def"

/*
 * ---- GLib: gthread.h, gbitlock.h and deprecated/gthread.h of GLib 2.2 to 2.88; its types are
 * opaque here ----
 */
void g_cond_wait(void *cond, void *o);
int g_cond_wait_until(void *cond, void *o, int64_t end);
void g_cond_signal(void *o);
void g_cond_broadcast(void *o);

typedef void *lh_glib_routine(void *argument);
void *g_once_impl(void *o, lh_glib_routine *routine, void *argument);
int g_once_init_enter(void *o);
int g_once_init_enter_impl(void *o);
int g_once_init_enter_pointer(void *o);
void g_once_init_leave(void *o, size_t result);
void g_once_init_leave_pointer(void *o, void *result);

void g_bit_lock(void *o, int bit);
void g_bit_lock_and_get(void *o, unsigned bit, int *value);
int g_bit_trylock(void *o, int bit);
void g_bit_unlock(void *o, int bit);
void g_bit_unlock_and_set(void *o, unsigned bit, int value, int preserved);
void g_pointer_bit_lock(void *o, int bit);
void g_pointer_bit_lock_and_get(void *o, unsigned bit, uintptr_t *value);
int g_pointer_bit_trylock(void *o, int bit);
void g_pointer_bit_unlock(void *o, int bit);
void g_pointer_bit_unlock_and_set(void *o, unsigned bit, void *value, uintptr_t preserved);

void *g_mutex_new(void);
void *g_cond_new(void);
int g_cond_timed_wait(void *cond, void *o, void *end);
void g_static_mutex_free(void *o);
void g_static_rec_mutex_lock_full(void *o, unsigned depth);
unsigned g_static_rec_mutex_unlock_full(void *o);

/* ---- OpenMP ---- */
void omp_init_lock_with_hint(void *o, int hint);
void omp_init_nest_lock_with_hint(void *o, int hint);
void omp_init_lock_with_hint_(void *o, const int *hint);
void omp_init_nest_lock_with_hint_(void *o, const int *hint);
void GOMP_critical_start(void), GOMP_critical_end(void);
void GOMP_critical_name_start(void *o), GOMP_critical_name_end(void *o);
void GOMP_atomic_start(void), GOMP_atomic_end(void);
void __kmpc_critical(void *place, int thread, void *o);
void __kmpc_critical_with_hint(void *place, int thread, void *o, uint32_t hint);
void __kmpc_end_critical(void *place, int thread, void *o);
void __kmpc_atomic_start(void), __kmpc_atomic_end(void);

/* A parallel region is the function `fn`, which each thread of the team calls with `data`. */
#define LH_GOMP_REGION void (*fn)(void *), void *data, unsigned threads
#define LH_GOMP_LOOP LH_GOMP_REGION, long start, long end, long step
void GOMP_parallel(LH_GOMP_REGION, unsigned flags);
unsigned GOMP_parallel_reductions(LH_GOMP_REGION, unsigned flags);
void GOMP_parallel_sections(LH_GOMP_REGION, unsigned count, unsigned flags);
void GOMP_parallel_loop_static(LH_GOMP_LOOP, long chunk, unsigned flags);
void GOMP_parallel_loop_dynamic(LH_GOMP_LOOP, long chunk, unsigned flags);
void GOMP_parallel_loop_guided(LH_GOMP_LOOP, long chunk, unsigned flags);
void GOMP_parallel_loop_runtime(LH_GOMP_LOOP, unsigned flags);
void GOMP_parallel_loop_nonmonotonic_dynamic(LH_GOMP_LOOP, long chunk, unsigned flags);
void GOMP_parallel_loop_nonmonotonic_guided(LH_GOMP_LOOP, long chunk, unsigned flags);
void GOMP_parallel_loop_nonmonotonic_runtime(LH_GOMP_LOOP, unsigned flags);
void GOMP_parallel_loop_maybe_nonmonotonic_runtime(LH_GOMP_LOOP, unsigned flags);
/* Of gcc before 4.9: they return when the other threads have begun, and the caller calls fn. */
void GOMP_parallel_start(LH_GOMP_REGION);
void GOMP_parallel_sections_start(LH_GOMP_REGION, unsigned count);
void GOMP_parallel_loop_static_start(LH_GOMP_LOOP, long chunk);
void GOMP_parallel_loop_dynamic_start(LH_GOMP_LOOP, long chunk);
void GOMP_parallel_loop_guided_start(LH_GOMP_LOOP, long chunk);
void GOMP_parallel_loop_runtime_start(LH_GOMP_LOOP);
void GOMP_parallel_end(void);
/* Here the function gets pointers to two thread numbers, then the `n` arguments. */
void __kmpc_fork_call(void *place, int n, void *fn, ...);
void __kmpc_fork_teams(void *place, int n, void *fn, ...);

void GOMP_barrier(void), GOMP_loop_end(void), GOMP_sections_end(void);
bool GOMP_barrier_cancel(void), GOMP_loop_end_cancel(void), GOMP_sections_end_cancel(void);
void *GOMP_single_copy_start(void);
void GOMP_single_copy_end(void *data);
void __kmpc_barrier(void *place, int thread);
int __kmpc_cancel_barrier(void *place, int thread);
void __kmpc_copyprivate(void *place, int thread, size_t size, void *data,
			void (*copy)(void *, void *), int single);

/* ---- annotations: see interpose/annotations.c and interpose/itt.c ---- */
void __tsan_mutex_create(void *o, unsigned flags);
void __tsan_mutex_destroy(void *o, unsigned flags);
void __tsan_mutex_pre_lock(void *o, unsigned flags);
void __tsan_mutex_post_lock(void *o, unsigned flags, int levels);
int __tsan_mutex_pre_unlock(void *o, unsigned flags);
void __tsan_mutex_post_unlock(void *o, unsigned flags);
void __tsan_mutex_pre_signal(void *o, unsigned flags);
void __tsan_mutex_post_signal(void *o, unsigned flags);
void __tsan_mutex_pre_divert(void *o, unsigned flags);
void __tsan_mutex_post_divert(void *o, unsigned flags);
void AnnotateRWLockCreate(const char *file, int line, const volatile void *o);
void AnnotateRWLockCreateStatic(const char *file, int line, const volatile void *o);
void AnnotateRWLockDestroy(const char *file, int line, const volatile void *o);
void AnnotateRWLockAcquired(const char *file, int line, const volatile void *o, long writes);
void AnnotateRWLockReleased(const char *file, int line, const volatile void *o, long writes);
void __itt_sync_create(void *o, const char *type, const char *name, int attribute);
void __itt_sync_rename(void *o, const char *name);
void __itt_sync_destroy(void *o);
void __itt_sync_prepare(void *o);
void __itt_sync_cancel(void *o);
void __itt_sync_acquired(void *o);
void __itt_sync_releasing(void *o);
void __itt_api_init(void *global, int groups);

struct lh_outside {
#define OUTSIDE(fn) __typeof__(fn) *fn;
#include "libcheck/calls.def"
};

extern struct lh_outside lh_outside_at_start LH_HIDDEN;

enum {
#define OUTSIDE(fn) LH_OUTSIDE_##fn,
#include "libcheck/calls.def"
	LH_OUTSIDES
};

/*
 * What the calls of one page of code mean, and those of one object: a page belongs to one object,
 * and the loader does not change what a call of an object means. A key is never removed, so that
 * original and key belong together without a lock.
 */
enum { LH_OUTSIDE_BOUND_LOG = 13, LH_OUTSIDE_BITS = 8 /* of the number of a function */ };
struct lh_outside_bound {
	uint64_t key;   /* 0: free */
	void *original; /* NULL: not known; lh_outside_nowhere: no object defines it */
};
extern struct lh_outside_bound lh_outside_bound[1 << LH_OUTSIDE_BOUND_LOG] LH_HIDDEN;
extern char lh_outside_nowhere LH_HIDDEN;

static inline uint64_t lh_outside_key(unsigned function, const void *code)
{
	return (uint64_t)(uintptr_t)code >> 12 << LH_OUTSIDE_BITS | function | 1ull << 63;
}

static inline uint32_t lh_outside_slot(uint64_t key)
{
	return (uint32_t)(key * 0x9e3779b97f4a7c15u >> (64 - LH_OUTSIDE_BOUND_LOG));
}

/* If set: what is called in place of the original of LH_OUTSIDE_... that was found. */
extern void *(*lh_outside_replace)(unsigned function, void *original)LH_HIDDEN;

/* The original of LH_OUTSIDE_... that this code means; the first is the whole search. */
void *lh_outside_of(unsigned function, const void *code);
static inline void *lh_outside_known(unsigned function, const void *code)
{
	uint64_t key = lh_outside_key(function, code);
	struct lh_outside_bound *b = &lh_outside_bound[lh_outside_slot(key)];
	void *at = NULL;

	if (LH_LIKELY(__atomic_load_n(&b->key, __ATOMIC_RELAXED) == key))
		at = __atomic_load_n(&b->original, __ATOMIC_ACQUIRE);
	if (LH_UNLIKELY(!at))
		return lh_outside_of(function, code);
	return LH_LIKELY(at != &lh_outside_nowhere) ? at : NULL;
}

/* The original that the wrapper's caller means, or NULL: no object defines the function. In the
 * wrapper itself, because the answer depends on its return address. */
#define LH_OUTSIDE(fn)                                                                             \
	({                                                                                         \
		__typeof__(fn) *known = lh_outside_at_start.fn;                                    \
		if (LH_UNLIKELY(!known))                                                           \
			known = (__typeof__(fn) *)lh_outside_known(LH_OUTSIDE_##fn,                \
								   __builtin_return_address(0));   \
		known;                                                                             \
	})

/* The same for a function that the caller of another one, `real`, does not name: the one beside it.
 */
#define LH_OUTSIDE_BESIDE(fn, real)                                                                \
	({                                                                                         \
		__typeof__(fn) *known = lh_outside_at_start.fn;                                    \
		if (LH_UNLIKELY(!known))                                                           \
			known = (__typeof__(fn) *)lh_outside_of(LH_OUTSIDE_##fn,                   \
								(const void *)(real));             \
		known;                                                                             \
	})

/* Calls the original, if there is one. */
#define LH_FORWARD(fn, ...)                                                                        \
	do {                                                                                       \
		__typeof__(fn) *forward = LH_OUTSIDE(fn);                                          \
		if (forward)                                                                       \
			forward(__VA_ARGS__);                                                      \
	} while (0)

/* Did an object that was there at the start define the function? */
extern bool lh_outside_was_there[] LH_HIDDEN;
#define LH_OUTSIDE_WAS_THERE(fn) (lh_outside_was_there[LH_OUTSIDE_##fn])

void lh_outside_init(void);
void lh_outside_after_dlclose(void);

/* The function of this name in the object that contains `address`, which stays meanwhile. */
void *lh_outside_find_beside(const void *address, const char *name);
/* Is it in an object, and not in memory that the program allocates? */
bool lh_outside_is_variable(const void *address);
/* Are both in one object? */
bool lh_outside_is_beside(const void *a, const void *b);

/* The function or variable of this name in the first of the objects loaded after ours; NULL: none.
 * `checked`:
 * other threads may unload objects meanwhile, so the memory is read with care. */
void *lh_outside_find(const char *name, bool checked);

#endif
