/*
 * outside.h — the original functions of libraries other than libc: rows OUTSIDE, VOIDLOCK, BOOLTRY
 * and VOIDUNLOCK of calls.def.
 *
 * Such a library is perhaps not there at the start: a plugin brings it, and dlsym would not see it
 * then; and two plugins may bring one each. So the functions are looked for in the symbol tables of
 * the objects that were loaded after ours: when the library starts, for all callers; and those that
 * were not there then, at their first call from each object, where that object would find them.
 *
 * Calls no function of glibc's loader but _dl_find_object, allocates nothing, takes no lock.
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

extern struct lh_outside lh_outside_at_start LH_HIDDEN;

enum {
#define OUTSIDE(fn) LH_OUTSIDE_##fn,
#include "libcheck/calls.def"
};

/* The original that the wrapper's caller means, or NULL: no object defines the function. In the
 * wrapper itself, because the answer depends on its return address. */
#define LH_OUTSIDE(fn)                                                                             \
	({                                                                                         \
		__typeof__(fn) *known = lh_outside_at_start.fn;                                    \
		if (LH_UNLIKELY(!known))                                                           \
			known = (__typeof__(fn) *)lh_outside_of(LH_OUTSIDE_##fn,                   \
								__builtin_return_address(0));      \
		known;                                                                             \
	})

void lh_outside_init(void);
/* The original of LH_OUTSIDE_... that this code means. */
void *lh_outside_of(unsigned function, const void *code);
void lh_outside_after_dlclose(void);

/* The function of this name in the first of the objects loaded after ours; NULL: none. `checked`:
 * other threads may unload objects meanwhile, so the memory is read with care. */
void *lh_outside_find(const char *name, bool checked);

#endif
