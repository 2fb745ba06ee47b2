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

/*
 * ---- GLib: gthread.h, gbitlock.h and deprecated/gthread.h of GLib 2.2 to 2.88; its types are
 * opaque here ----
 */
void g_mutex_init(void *o);
void g_mutex_clear(void *o);
void g_mutex_lock(void *o);
int g_mutex_trylock(void *o);
void g_mutex_unlock(void *o);
void g_rec_mutex_init(void *o);
void g_rec_mutex_clear(void *o);
void g_rec_mutex_lock(void *o);
int g_rec_mutex_trylock(void *o);
void g_rec_mutex_unlock(void *o);
void g_rw_lock_init(void *o);
void g_rw_lock_clear(void *o);
void g_rw_lock_reader_lock(void *o);
int g_rw_lock_reader_trylock(void *o);
void g_rw_lock_reader_unlock(void *o);
void g_rw_lock_writer_lock(void *o);
int g_rw_lock_writer_trylock(void *o);
void g_rw_lock_writer_unlock(void *o);
void g_cond_init(void *o);
void g_cond_clear(void *o);
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
void g_mutex_free(void *o);
void *g_cond_new(void);
void g_cond_free(void *o);
int g_cond_timed_wait(void *cond, void *o, void *end);
void g_static_mutex_free(void *o);
void g_static_rec_mutex_init(void *o);
void g_static_rec_mutex_lock(void *o);
int g_static_rec_mutex_trylock(void *o);
void g_static_rec_mutex_unlock(void *o);
void g_static_rec_mutex_lock_full(void *o, unsigned depth);
unsigned g_static_rec_mutex_unlock_full(void *o);
void g_static_rec_mutex_free(void *o);
void g_static_rw_lock_init(void *o);
void g_static_rw_lock_reader_lock(void *o);
int g_static_rw_lock_reader_trylock(void *o);
void g_static_rw_lock_reader_unlock(void *o);
void g_static_rw_lock_writer_lock(void *o);
int g_static_rw_lock_writer_trylock(void *o);
void g_static_rw_lock_writer_unlock(void *o);
void g_static_rw_lock_free(void *o);

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

/* The function of this name in the objects loaded after ours; NULL: none. `checked`: other threads
 * may unload objects meanwhile, so the memory is read with care. */
void *lh_outside_find(const char *name, bool checked);

#endif
