/*
 * sys.h — raw system calls, and the internal lock of the library.
 *
 * System calls are made directly: none is a cancellation point, none changes errno and the program
 * can interpose none. A result below zero is a negated error number.
 *
 * The internal lock is the only lock of the library. Every wait for it is bounded. If a thread
 * leaves a hook by a jump while it owns the lock, the thread can take the lock again as its owner.
 *
 * Does not allocate memory; does not know locks, threads or the ledger.
 */
#ifndef LH_BASE_SYS_H
#define LH_BASE_SYS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <time.h>

#define LH_LIKELY(x) __builtin_expect(!!(x), 1)
#define LH_UNLIKELY(x) __builtin_expect(!!(x), 0)
#define LH_HIDDEN __attribute__((visibility("hidden")))
/* The value, of which the compiler knows no more than that: it computes it once. */
#define LH_IN_REGISTER(value)                                                                      \
	__extension__({                                                                            \
		__typeof__(value) v = (value);                                                     \
		__asm__("" : "+r"(v));                                                             \
		v;                                                                                 \
	})
/* After the last call of a function whose frame that call is given: a jump would end the frame. */
#define LH_NO_JUMP() __asm__ volatile("")
#define LH_COMPILER_FENCE() __asm__ volatile("" ::: "memory")

long lh_syscall(long n, long a, long b, long c, long d, long e, long f);

/* NULL: refused */
void *lh_sys_map(size_t size, int protection, int flags, int fd, uint64_t offset);
void lh_sys_unmap(void *at, size_t size);
int lh_sys_advise(void *at, size_t size, int advice);
int lh_sys_open(const char *path, int flags, int mode);
void lh_sys_close(int fd);
void lh_sys_unlink(const char *path);
int lh_sys_allocate(int fd, uint64_t from, uint64_t size); /* allocates blocks or fails */
long lh_sys_write(int fd, const void *data, size_t n);
long lh_sys_read(int fd, void *data, size_t n);
bool lh_sys_same_file(int fd, uint64_t dev, uint64_t ino);
int lh_sys_identify(int fd, uint64_t *dev, uint64_t *ino);
bool lh_sys_can_write(int fd); /* a write of a few kilobytes would not wait */
bool lh_sys_copy(void *to, const void *from, size_t n); /* false: the memory is not readable */
/* False: the word has another value, or its memory is gone. Also true if the kernel does not say.
 * Makes a call that every program with threads makes. */
bool lh_sys_may_be(const uint32_t *word, uint32_t value);
long lh_sys_readlink(const char *path, char *out, size_t size);
int lh_sys_pid(void);
int lh_sys_tid(void);
bool lh_sys_tid_gone(int pid, int tid);
void lh_sys_sleep(uint64_t ns); /* a futex wait without a waker; a signal ends it early */

/*
 * Seccomp. A filter that exists when the library starts allows the calls that the start makes, so
 * it does not count as a sandbox. A filter that is set later counts as one, and it might kill the
 * process for asking the kernel about filters. So the calls that set a filter are intercepted
 * (interpose/sandbox.c) and call lh_sys_seccomp_mark.
 *
 * lh_sys_seccomp_seen: was a filter set since the start, as far as was seen? Makes no system call.
 * 	After that, only futex and write may be called.
 * lh_sys_seccomp_active: the same; if there was no filter at the start, also asks the kernel for a
 * 	filter that was set unseen. To be called before a file is opened.
 * lh_sys_seccomp_at_start: was there a filter at the start? It may forbid any call that the start
 * 	does not make.
 */
void lh_sys_seccomp_init(void); /* when the library starts */
void lh_sys_seccomp_mark(void);
bool lh_sys_seccomp_seen(void);
bool lh_sys_seccomp_active(void);
bool lh_sys_seccomp_at_start(void);

void lh_sys_thread_name(char out[16]);
uint64_t lh_sys_limit(int resource); /* the soft limit */

uint64_t lh_sys_now(void);    /* CLOCK_MONOTONIC in nanoseconds */
uint64_t lh_sys_coarse(void); /* the same clock, cheap and coarse */
uint64_t lh_sys_wall(void);   /* nanoseconds since 1970 */
/* Until this time of either clock; 0: over. */
uint64_t lh_sys_time_left(const struct timespec *end);
/* Sets the clock function of the vdso. Without it those above enter the kernel. */
void lh_sys_clock_init(int (*gettime)(clockid_t, struct timespec *));

struct lh_internal_lock {
	uint32_t owner; /* the number of the owner, 0 none */
	uint32_t waiters;
	uint32_t waking;    /* a waiter was woken and has not tried yet; no second one is woken */
	uint32_t impatient; /* number of waiters that ask for the lock to be handed over */
	uint32_t releases;  /* number of releases: tells one hold from the next */
	/* `releases` + 1 of the hold for which a thread waited in vain, 0 none: no other thread
	 * sleeps for that hold. [1] is for lh_internal_lock_acquire_long. */
	uint32_t abandoned[2];
	uint64_t *taken; /* counts the holds; NULL: nobody reads the number */
};
/* False: not acquired within the bound; the caller drops the event and counts it. */
bool lh_internal_lock_acquire(struct lh_internal_lock *l, uint32_t self);
/* The same with a bound of seconds, for events whose loss would make later reports wrong. */
bool lh_internal_lock_acquire_long(struct lh_internal_lock *l, uint32_t self);
void lh_internal_lock_release(struct lh_internal_lock *l, uint32_t self);

static inline uintptr_t lh_thread_pointer(void)
{
	uintptr_t tp;
#if defined(__x86_64__)
	__asm__("mov %%fs:0, %0" : "=r"(tp));
#elif defined(__aarch64__)
	__asm__("mrs %0, tpidr_el0" : "=r"(tp));
#else
#error "lockhound knows x86-64 and aarch64"
#endif
	return tp;
}

/*
 * The calling thread's pthread_t. On x86-64 it is the thread pointer; on other machines it lies
 * before the thread pointer, and only libc knows the distance.
 */
static inline uintptr_t lh_thread_handle(void)
{
#if defined(__x86_64__)
	return lh_thread_pointer();
#else
	return (uintptr_t)pthread_self();
#endif
}

#endif
