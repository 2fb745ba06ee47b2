/*
 * sys.h — the kernel, asked directly.
 *
 * Raw system calls only: none is a cancellation point, none touches errno, none can
 * be interposed by the program. Results below zero are negated error numbers.
 *
 * Also the one lock of the library. It is never waited for without a bound, and a
 * thread that jumped out of a hook with it finds it again as its own.
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
#define LH_COMPILER_FENCE() __asm__ volatile("" ::: "memory")

long lh_syscall(long n, long a, long b, long c, long d, long e, long f);

void *lh_sys_map(size_t size, int protection, int flags, int fd,
		 uint64_t offset); /* NULL: refused */
void lh_sys_unmap(void *at, size_t size);
int lh_sys_advise(void *at, size_t size, int advice);
int lh_sys_open(const char *path, int flags, int mode);
void lh_sys_close(int fd);
void lh_sys_unlink(const char *path);
int lh_sys_rename(const char *from, const char *to);
int lh_sys_allocate(int fd, uint64_t from,
		    uint64_t size); /* real blocks, or an error; never sparse */
int lh_sys_truncate(int fd, uint64_t size);
long lh_sys_write(int fd, const void *data, size_t n);
long lh_sys_read(int fd, void *data, size_t n);
bool lh_sys_same_file(int fd, uint64_t dev, uint64_t ino);
int lh_sys_identify(int fd, uint64_t *dev, uint64_t *ino);
bool lh_sys_can_write(int fd); /* a write of a few kilobytes would not wait */
bool lh_sys_copy(void *to, const void *from, size_t n); /* false: that cannot be read */
long lh_sys_readlink(const char *path, char *out, size_t capacity);
int lh_sys_pid(void);
int lh_sys_ppid(void);
int lh_sys_tid(void);
bool lh_sys_tid_gone(int pid, int tid);
void lh_sys_sleep(uint64_t ns); /* a futex that nobody wakes; a signal ends it early */

/*
 * Seccomp. A filter that was there at birth let through what birth needs, and is no sandbox to
 * us. One that comes later is one, and to ask for it might be what it kills for: so the calls
 * that set one are watched (interpose/sandbox.c) and say it here.
 *
 * lh_sys_seccomp_seen: one came, as far as was seen. Asks nobody. No call but futex and write may
 *	be made from here on.
 * lh_sys_seccomp_active: the same, and where there was none at birth, the kernel is asked for one
 *that came unseen. For what would open a file.
 */
void lh_sys_seccomp_init(void); /* at birth */
void lh_sys_seccomp_mark(void);
bool lh_sys_seccomp_seen(void);
bool lh_sys_seccomp_active(void);
bool lh_sys_seccomp_at_start(
	void); /* at birth: of calls that birth does not make nothing is known */

void lh_sys_thread_name(char out[16]);
uint64_t lh_sys_stack_limit(void);
uint64_t lh_sys_file_limit(void);
uint64_t lh_sys_space_limit(void); /* of the address space and of private memory, the lower one */

uint64_t lh_sys_now(void);    /* monotonic nanoseconds */
uint64_t lh_sys_coarse(void); /* the same, cheap and coarse */
uint64_t lh_sys_epoch(void);  /* seconds since 1970 */
/* The clock of the vdso, found at birth; without it the calls above enter the kernel. */
void lh_sys_clock_init(int (*gettime)(clockid_t, struct timespec *));

struct lh_internal_lock {
	uint32_t owner; /* its number, 0 none */
	uint32_t waiters;
	uint32_t releases; /* so many times: tells one hold from the next */
	/* `given` + 1 of a hold that somebody waited for in vain, 0 none: nobody naps for it again.
	 * In the second place, who insisted. */
	uint32_t abandoned[2];
};
/* False: not to be had within the bound; the event is dropped and counted by the caller. */
bool lh_internal_lock_take(struct lh_internal_lock *l, uint32_t me);
/* The same with a bound of seconds, for what cannot be left out without saying something false. */
bool lh_internal_lock_take_long(struct lh_internal_lock *l, uint32_t me);
void lh_internal_lock_release(struct lh_internal_lock *l, uint32_t me);

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

/* The calling thread's pthread_t: on x86-64 the same word. Elsewhere it lies before that, and how
 * far only libc knows. */
static inline uintptr_t lh_thread_handle(void)
{
#if defined(__x86_64__)
	return lh_thread_pointer();
#else
	return (uintptr_t)pthread_self();
#endif
}

#endif
