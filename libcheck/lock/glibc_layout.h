/*
 * glibc_layout.h — where glibc's locks have their fields, and what these say; no other file knows.
 *
 * For x86-64 and aarch64, glibc 2.25 to 2.42 (tools/process/libc_version.c checks the version). The
 * offsets are constants, not taken from the headers of the build, because a process that the front
 * end inspects brings its own glibc. The assertions stop a build on a glibc whose layout differs.
 *
 * Calls no lock function and writes nothing. A function with a parameter `object` reads a lock of
 * this process, or a copy of a lock.
 */
#ifndef LH_LOCK_GLIBC_LAYOUT_H
#define LH_LOCK_GLIBC_LAYOUT_H

#include "libcheck/lock/glib_layout.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stddef.h>

/* Words of 32 bits. The bytes that are called unused hold the library's tag (lock.h). */
enum {
	LH_GLIBC_MUTEX_WORD = 0, /* futex; 0: free */
	LH_GLIBC_MUTEX_OWNER = 8,
	LH_GLIBC_MUTEX_USERS = 12, /* not 0 while there is an owner */
	LH_GLIBC_MUTEX_KIND = 16,
	LH_GLIBC_MUTEX_UNUSED = 24,   /* list pointers, which only robust mutexes use */
	LH_GLIBC_RWLOCK_READERS = 0,  /* see lh_glibc_readers */
	LH_GLIBC_RWLOCK_PHASE = 8,    /* futex of the readers and of the next writer */
	LH_GLIBC_RWLOCK_WRITERS = 12, /* futex of the other writers */
	LH_GLIBC_RWLOCK_UNUSED = 16,  /* padding */
	LH_GLIBC_RWLOCK_WRITER = 24,
	LH_GLIBC_RWLOCK_SHARED = 28,
	LH_GLIBC_RWLOCK_FLAGS = 48,
	LH_GLIBC_COND_SEQ = 0, /* 64 bits, like the next; up to glibc 2.40 */
	LH_GLIBC_COND_START = 8,
	LH_GLIBC_COND_SIZE = 24, /* two words */
	LH_GLIBC_COND_ORIGINAL = 32,
	LH_GLIBC_COND_WAITERS = 36, /* number of waiters * 8, and flags */
	LH_GLIBC_COND_SIGNALS = 40, /* two words */
	LH_GLIBC_COND_SHIFT = 8, /* since glibc 2.41 the last four are so much nearer the start */
	LH_GLIBC_BARRIER_ARRIVED = 0,
	LH_GLIBC_BARRIER_ROUND = 4, /* futex of the waiters */
	LH_GLIBC_BARRIER_COUNT = 8,
	LH_GLIBC_BARRIER_SHARED = 12,
	LH_GLIBC_BARRIER_LEFT = 16,
	LH_GLIBC_SEM_VALUE = 0,
	LH_GLIBC_SEM_WAITERS = 4,
	LH_GLIBC_SEM_SHARED = 8,
	LH_GLIBC_SEM_UNUSED = 16, /* not cleared by sem_init */
};

/* Bits of a mutex's kind. */
enum {
	LH_GLIBC_KIND_TYPE = 3, /* normal, recursive, errorcheck, adaptive */
	LH_GLIBC_KIND_ROBUST = 16,
	LH_GLIBC_KIND_INHERIT = 32,
	LH_GLIBC_KIND_PROTECT = 64,
	LH_GLIBC_KIND_SHARED = 128,
	LH_GLIBC_KIND_ALL = 3 | 16 | 32 | 64 | 128 | 256 | 512, /* the last two: elision */
};

enum { LH_GLIBC_COND_SHARED = 1, LH_GLIBC_COND_DESTROYED = 4 }; /* in LH_GLIBC_COND_WAITERS */

/* The word of a process-shared barrier or semaphore; it is 0 in a private one. */
enum { LH_GLIBC_SHARED = 128 };

enum { LH_GLIBC_ONCE_BUSY = 1, LH_GLIBC_ONCE_DONE = 2 };

#if defined(__x86_64__)
enum { LH_GLIBC_SPIN_FREE = 1 };
_Static_assert(sizeof(pthread_mutex_t) == 40, "mutex");
#else
enum { LH_GLIBC_SPIN_FREE = 0 };
#endif
_Static_assert(offsetof(pthread_mutex_t, __data.__lock) == LH_GLIBC_MUTEX_WORD, "mutex word");
_Static_assert(offsetof(pthread_mutex_t, __data.__owner) == LH_GLIBC_MUTEX_OWNER, "mutex owner");
_Static_assert(offsetof(pthread_mutex_t, __data.__nusers) == LH_GLIBC_MUTEX_USERS, "mutex users");
_Static_assert(offsetof(pthread_mutex_t, __data.__kind) == LH_GLIBC_MUTEX_KIND, "mutex kind");
_Static_assert(offsetof(pthread_rwlock_t, __data.__readers) == LH_GLIBC_RWLOCK_READERS, "readers");
_Static_assert(offsetof(pthread_rwlock_t, __data.__wrphase_futex) == LH_GLIBC_RWLOCK_PHASE,
	       "phase");
_Static_assert(offsetof(pthread_rwlock_t, __data.__writers_futex) == LH_GLIBC_RWLOCK_WRITERS,
	       "writers");
_Static_assert(offsetof(pthread_rwlock_t, __data.__cur_writer) == LH_GLIBC_RWLOCK_WRITER, "writer");
_Static_assert(offsetof(pthread_rwlock_t, __data.__shared) == LH_GLIBC_RWLOCK_SHARED, "shared");
_Static_assert(offsetof(pthread_rwlock_t, __data.__flags) == LH_GLIBC_RWLOCK_FLAGS, "rwlock flags");
enum { LH_GLIBC_COND_BUILT = __GLIBC_PREREQ(2, 41) ? LH_GLIBC_COND_SHIFT : 0 };
#define LH_COND_AT(field, offset)                                                                  \
	(offsetof(pthread_cond_t, __data.field) == (offset)-LH_GLIBC_COND_BUILT)
_Static_assert(LH_COND_AT(__g_signals, LH_GLIBC_COND_SIGNALS) &&
		       LH_COND_AT(__g_size, LH_GLIBC_COND_SIZE) &&
		       LH_COND_AT(__g1_orig_size, LH_GLIBC_COND_ORIGINAL) &&
		       LH_COND_AT(__wrefs, LH_GLIBC_COND_WAITERS),
	       "condition");
_Static_assert(sizeof(pthread_rwlock_t) == 56 && sizeof(pthread_cond_t) == 48 &&
		       sizeof(pthread_barrier_t) == 32 && sizeof(sem_t) == 32,
	       "sizes");

/* ---- what a word says ---- */

/* LH_LOCK_* flags. */
static inline uint32_t lh_glibc_mutex_flags(uint32_t kind)
{
	static const uint32_t type[] = {0, LH_LOCK_RECURSIVE, LH_LOCK_ERRORCHECK, LH_LOCK_ADAPTIVE};

	return type[kind & LH_GLIBC_KIND_TYPE] |
	       (kind & LH_GLIBC_KIND_ROBUST ? LH_LOCK_ROBUST : 0u) |
	       (kind & LH_GLIBC_KIND_INHERIT ? LH_LOCK_PI : 0u) |
	       (kind & LH_GLIBC_KIND_PROTECT ? LH_LOCK_PROTECT : 0u) |
	       (kind & LH_GLIBC_KIND_SHARED ? LH_LOCK_PSHARED : 0u);
}

static inline uint32_t lh_glibc_rwlock_flags(uint32_t flags)
{
	return flags == PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP ? LH_LOCK_PREFER_WRITER : 0u;
}

/* The low bits of the word are the phase. */
static inline uint32_t lh_glibc_readers(uint32_t word)
{
	return word >> 3;
}

/* ---- what an object says at this moment ---- */

static inline const uint32_t *lh_glibc_word(const void *object, size_t offset)
{
	return (const uint32_t *)((const char *)object + offset);
}

static inline uint32_t lh_glibc_load(const void *object, size_t offset)
{
	return __atomic_load_n(lh_glibc_word(object, offset), __ATOMIC_RELAXED);
}

/* Offset of the object's unused bytes; 0: the kind has none. */
static inline size_t lh_glibc_unused(enum lh_kind kind)
{
	return kind == LH_MUTEX    ? LH_GLIBC_MUTEX_UNUSED
	       : kind == LH_RWLOCK ? LH_GLIBC_RWLOCK_UNUSED
	       : kind == LH_SEM    ? LH_GLIBC_SEM_UNUSED
				   : 0;
}

/* pthread_mutex_destroy makes the kind -1. */
static inline bool lh_glibc_is_mutex(const void *object)
{
	return !(lh_glibc_load(object, LH_GLIBC_MUTEX_KIND) & ~(uint32_t)LH_GLIBC_KIND_ALL);
}

/* LH_LOCK_* flags. To what is no mutex nothing is written, as to a robust one. */
static inline uint32_t lh_lock_attributes(const void *object, enum lh_kind kind)
{
	if (kind == LH_MUTEX && !*lh_glibc_word(object, LH_GLIBC_MUTEX_KIND)) /* as most are */
		return 0;
	if (kind == LH_MUTEX)
		return lh_glibc_is_mutex(object)
			       ? lh_glibc_mutex_flags(*lh_glibc_word(object, LH_GLIBC_MUTEX_KIND))
			       : LH_LOCK_ROBUST;
	if (kind == LH_RWLOCK)
		return lh_glibc_rwlock_flags(*lh_glibc_word(object, LH_GLIBC_RWLOCK_FLAGS)) |
		       (*lh_glibc_word(object, LH_GLIBC_RWLOCK_SHARED) ? LH_LOCK_PSHARED : 0u);
	if (kind == LH_SEM)
		return *lh_glibc_word(object, LH_GLIBC_SEM_SHARED) ? LH_LOCK_PSHARED : 0u;
	return lh_kind_rows[kind].flags;
}

static inline bool lh_once_is_done(const void *object)
{
	return __atomic_load_n((const int *)object, __ATOMIC_ACQUIRE) & LH_GLIBC_ONCE_DONE;
}

/* Byte 0 of a guard: done; the bytes above: a thread initializes, or waits. */
static inline bool lh_guard_is_busy(uint32_t word)
{
	return !(word & 1) && word >> 8;
}

static inline bool lh_lock_is_free_now(const void *object, enum lh_kind kind)
{
	switch (kind) {
	case LH_MUTEX:
		return lh_glibc_load(object, LH_GLIBC_MUTEX_WORD) == 0;
	case LH_RWLOCK:
		return lh_glibc_readers(lh_glibc_load(object, LH_GLIBC_RWLOCK_READERS)) == 0 &&
		       lh_glibc_load(object, LH_GLIBC_RWLOCK_WRITER) == 0;
	case LH_SPIN:
		return lh_glibc_load(object, 0) == LH_GLIBC_SPIN_FREE;
	case LH_ONCE:
		return !(lh_glibc_load(object, 0) & LH_GLIBC_ONCE_BUSY);
	case LH_GUARD:
		return !lh_guard_is_busy(lh_glibc_load(object, 0));
	default:
		return lh_glib_is_free_now(object, kind);
	}
}

/* 0: no owner, or the object does not say. */
static inline int lh_lock_owner_tid(const void *object, enum lh_kind kind)
{
	if (kind != LH_MUTEX && kind != LH_RWLOCK)
		return 0;
	return (int)lh_glibc_load(object,
				  kind == LH_MUTEX ? LH_GLIBC_MUTEX_OWNER : LH_GLIBC_RWLOCK_WRITER);
}

static inline bool lh_sem_is_positive(const void *object)
{
	return lh_glibc_load(object, LH_GLIBC_SEM_VALUE) != 0;
}

#endif
