/*
 * libc_layout.h — the offsets of the fields of glibc's locks; no other file knows them.
 *
 * For x86-64 and aarch64, glibc 2.25 to 2.42 (libc_version.c checks the version). The offsets are
 * constants, not taken from the headers of the build, because the inspected process brings its own
 * glibc. The assertions stop a build on a glibc whose layout differs.
 *
 * Conditions and barriers have no owner: only the offset of the futex word in them is here.
 */
#ifndef LH_PROCESS_LIBC_LAYOUT_H
#define LH_PROCESS_LIBC_LAYOUT_H

#include <pthread.h>
#include <semaphore.h>
#include <stddef.h>

#if !defined __x86_64__ && !defined __aarch64__
#error "hang: the layout of glibc's locks is known for x86-64 and aarch64 only"
#endif

enum {
	LH_GLIBC_MUTEX_OWNER = 8,
	LH_GLIBC_MUTEX_KIND = 16,
	LH_GLIBC_MUTEX_BYTES = 40,
	LH_GLIBC_RWLOCK_READERS = 0,  /* number of readers << 3 | phase */
	LH_GLIBC_RWLOCK_PHASE = 8,    /* futex of the readers and of the next writer */
	LH_GLIBC_RWLOCK_WRITERS = 12, /* futex of the other writers */
	LH_GLIBC_RWLOCK_WRITER = 24,
	LH_GLIBC_RWLOCK_SHARED = 28,
	LH_GLIBC_RWLOCK_FLAGS = 48,
	LH_GLIBC_RWLOCK_BYTES = 56,
	LH_GLIBC_COND_SIGNALS = 40, /* two words */
	LH_GLIBC_COND_BYTES = 48,
	LH_GLIBC_BARRIER_ROUND = 4, /* futex of the waiters */
	LH_GLIBC_BARRIER_COUNT = 8,
	LH_GLIBC_BARRIER_BYTES = 32,
	LH_GLIBC_SEM_WAITERS = 4,
	LH_GLIBC_SEM_BYTES = 32,
};

/* Bits of a mutex's kind. */
enum {
	LH_GLIBC_KIND_TYPE = 3, /* normal, recursive, errorcheck, adaptive */
	LH_GLIBC_KIND_ROBUST = 16,
	LH_GLIBC_KIND_INHERIT = 32,
	LH_GLIBC_KIND_PROTECT = 64,
	LH_GLIBC_KIND_SHARED = 128,
	LH_GLIBC_KIND_ELISION = 256 | 512,
	LH_GLIBC_KIND_ALL = 3 | 16 | 32 | 64 | 128 | 256 | 512,
};

#ifdef __GLIBC__
_Static_assert(offsetof(pthread_mutex_t, __data.__owner) == LH_GLIBC_MUTEX_OWNER, "mutex owner");
_Static_assert(offsetof(pthread_mutex_t, __data.__kind) == LH_GLIBC_MUTEX_KIND, "mutex kind");
_Static_assert(offsetof(pthread_mutex_t, __data.__lock) == 0, "mutex word");
_Static_assert(sizeof(pthread_cond_t) == LH_GLIBC_COND_BYTES, "condition");
_Static_assert(offsetof(pthread_cond_t, __data.__g_signals) == LH_GLIBC_COND_SIGNALS, "condition");
_Static_assert(offsetof(pthread_rwlock_t, __data.__readers) == LH_GLIBC_RWLOCK_READERS, "readers");
_Static_assert(offsetof(pthread_rwlock_t, __data.__wrphase_futex) == LH_GLIBC_RWLOCK_PHASE,
	       "phase");
_Static_assert(offsetof(pthread_rwlock_t, __data.__writers_futex) == LH_GLIBC_RWLOCK_WRITERS,
	       "writers");
_Static_assert(offsetof(pthread_rwlock_t, __data.__cur_writer) == LH_GLIBC_RWLOCK_WRITER, "writer");
_Static_assert(offsetof(pthread_rwlock_t, __data.__flags) == LH_GLIBC_RWLOCK_FLAGS, "rwlock flags");
_Static_assert(sizeof(pthread_rwlock_t) == LH_GLIBC_RWLOCK_BYTES, "rwlock");
_Static_assert(sizeof(pthread_barrier_t) == LH_GLIBC_BARRIER_BYTES, "barrier");
_Static_assert(sizeof(sem_t) == LH_GLIBC_SEM_BYTES, "semaphore");
#ifdef __x86_64__
_Static_assert(sizeof(pthread_mutex_t) == LH_GLIBC_MUTEX_BYTES, "mutex");
#endif
#endif

#endif
