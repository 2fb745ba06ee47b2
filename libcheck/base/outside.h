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

/* ---- GLib; its types are opaque here ---- */
void g_mutex_lock(void *o);
int g_mutex_trylock(void *o);
void g_mutex_unlock(void *o);

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

void lh_outside_init(void);
/* Looks for the function and stores it; NULL: there is none. */
void *lh_outside_later(const char *name, void **slot);
void lh_outside_after_dlclose(void);

/* The function or variable of this name in the objects loaded after ours; NULL: none. `checked`:
 * other threads may unload objects meanwhile, so the memory is read with care. */
void *lh_outside_find(const char *name, bool checked);

#endif
