/*
 * outside.h — the original functions of libraries other than libc: rows OUTSIDE, VOIDLOCK, BOOLTRY
 * and VOIDUNLOCK of calls.def.
 *
 * Such a library is perhaps not there at the start: a plugin brings it, and dlsym would not see it
 * then. So the functions are looked for in the symbol tables of the objects that were loaded after
 * ours, in load order: once when the library starts, and for a function that was not there, at its
 * first call; again after its object was unloaded.
 *
 * Calls no function of the loader but _dl_find_object, allocates nothing, takes no lock.
 */
#ifndef LH_BASE_OUTSIDE_H
#define LH_BASE_OUTSIDE_H

#include "libcheck/base/sys.h"

/* The types of other libraries are opaque here. A row with parameters declares its function. */
#define VOIDLOCK(fn, first, kind, mode, params, args) void fn params;
#define BOOLTRY(fn, kind, mode, params, args) int fn params;
#define VOIDUNLOCK(fn, kind, params, args) void fn params;
#include "libcheck/calls.def"

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

extern struct lh_outside lh_outside LH_HIDDEN;

/* The original, or NULL: no loaded object defines the function. Ask once in a call: a dlclose in
 * another thread may change the answer. */
#define LH_OUTSIDE(fn)                                                                             \
	({                                                                                         \
		__typeof__(fn) *known = __atomic_load_n(&lh_outside.fn, __ATOMIC_RELAXED);         \
		if (LH_UNLIKELY(!known))                                                           \
			known = (__typeof__(fn) *)lh_outside_later(                                \
				#fn, (void **)(void *)&lh_outside.fn);                             \
		known;                                                                             \
	})

/* The same for a function whose original is known if there is one: one that was loaded at the
 * start. */
#define LH_OUTSIDE_AT_START(fn) (lh_outside_ready(), lh_outside.fn)

void lh_outside_init(void);
extern bool lh_outside_is_ready LH_HIDDEN;
static inline void lh_outside_ready(void)
{
	if (LH_UNLIKELY(!lh_outside_is_ready))
		lh_outside_init();
}
/* Looks for the function and stores it; NULL: there is none. */
void *lh_outside_later(const char *name, void **slot);
void lh_outside_after_dlclose(void);

/* The function of this name in the objects loaded after ours; NULL: none. `checked`: other threads
 * may unload objects meanwhile, so the memory is read with care. */
void *lh_outside_find(const char *name, bool checked);

#endif
