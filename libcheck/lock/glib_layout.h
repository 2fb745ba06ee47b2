/*
 * glib_layout.h — what the bytes of GLib's locks say, and the address of a bit lock; no other file
 * knows.
 *
 * On Linux, from GLib 2.48 on, a GMutex and a GCond are words of their own. A GRecMutex and a
 * GRWLock point to an object of glibc, which they make at their first use. The address that stands
 * for a bit lock has the number of the bit in bits that no address of an object has, so that each
 * bit of a word is a lock of its own.
 *
 * Calls no lock function and writes nothing. A function with a parameter `object` reads a lock of
 * this process.
 */
#ifndef LH_LOCK_GLIB_LAYOUT_H
#define LH_LOCK_GLIB_LAYOUT_H

#include "libcheck/kinds.h"

#include <stddef.h>

enum {
	LH_GLIB_MUTEX_FREE = 0, /* the first word of a GMutex; any other value: locked */
	LH_GLIB_MUTEX_CONTENDED = 2,
	LH_GLIB_COND_WORD = 8,  /* offset of the word on which threads sleep */
	LH_GLIB_ONCE_READY = 2, /* the first word of a GOnce */
	LH_GLIB_POINTER_MIN = 4096,
	LH_GLIB_BITS = 32, /* of a word that may be locks */
};

/* ---- bit locks ---- */

/* The address that stands for a bit of the word, as lh_lock.address. */
static inline const void *lh_glib_bit_object(const void *word, uint32_t bit)
{
	return (const void *)((uintptr_t)word | LH_ADDRESS_BIT(bit));
}

static inline const uint32_t *lh_glib_bit_word(const void *object)
{
	return (const uint32_t *)((uintptr_t)object & ~(uintptr_t)LH_ADDRESS_BITS);
}

/* ---- what an object says at this moment ---- */

/* False also if that is not known. */
static __attribute__((noinline, cold, unused)) bool lh_glib_is_free_now(const void *object,
									enum lh_kind kind)
{
	if (kind == LH_G_MUTEX) /* older ones are a pointer, NULL before the first use */
		return __atomic_load_n((const uintptr_t *)object, __ATOMIC_RELAXED) ==
		       LH_GLIB_MUTEX_FREE;
	if (kind == LH_G_BIT_LOCK)
		return !(__atomic_load_n(lh_glib_bit_word(object), __ATOMIC_RELAXED) >>
				 LH_ADDRESS_BIT_NUMBER((uintptr_t)object) &
			 1);
	return false;
}

/*
 * The glibc object behind the lock, and its kind. `object` itself: there is none. NULL: the lock
 * has not been used. Only for a call that reads the object itself: other memory may hold any bytes.
 */
static inline const void *lh_glib_behind(const void *object, enum lh_kind *kind)
{
	if (*kind != LH_G_REC_MUTEX && *kind != LH_G_RW_LOCK)
		return object;
	const void *behind = __atomic_load_n((void *const *)object, __ATOMIC_ACQUIRE);
	if (((const uint64_t *)object)[1] || (behind && (uintptr_t)behind < LH_GLIB_POINTER_MIN))
		return object; /* of a GLib that has words of its own there */
	*kind = *kind == LH_G_REC_MUTEX ? LH_MUTEX : LH_RWLOCK;
	return behind;
}

static inline bool lh_glib_once_is_done(const void *object)
{
	return __atomic_load_n((const uint32_t *)object, __ATOMIC_ACQUIRE) == LH_GLIB_ONCE_READY;
}

/* Of the location that g_once_init_enter gets. */
static inline bool lh_glib_location_is_set(const void *object)
{
	return __atomic_load_n((void *const *)object, __ATOMIC_ACQUIRE) != NULL;
}

#endif
