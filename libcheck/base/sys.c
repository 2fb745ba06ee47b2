/* sys.c — implements the system calls and the internal lock. */
#include "libcheck/base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

long lh_syscall(long n, long a, long b, long c, long d, long e, long f)
{
#if defined(__x86_64__)
	long rc;
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;

	__asm__ volatile("syscall"
			 : "=a"(rc)
			 : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return rc;
#else
	register long x8 __asm__("x8") = n;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;

	__asm__ volatile("svc 0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory");
	return x0;
#endif
}

void *lh_sys_map(size_t size, int protection, int flags, int fd, uint64_t offset)
{
	long at = lh_syscall(SYS_mmap, 0, (long)size, protection, flags, fd, (long)offset);

	return at < 0 && at > -4096 ? NULL : (void *)at;
}

void lh_sys_unmap(void *at, size_t size)
{
	lh_syscall(SYS_munmap, (long)at, (long)size, 0, 0, 0, 0);
}

int lh_sys_advise(void *at, size_t size, int advice)
{
	return (int)lh_syscall(SYS_madvise, (long)at, (long)size, advice, 0, 0, 0);
}

int lh_sys_open(const char *path, int flags, int mode)
{
	return (int)lh_syscall(SYS_openat, AT_FDCWD, (long)path, flags, mode, 0, 0);
}

void lh_sys_close(int fd)
{
	lh_syscall(SYS_close, fd, 0, 0, 0, 0, 0);
}

void lh_sys_unlink(const char *path)
{
	lh_syscall(SYS_unlinkat, AT_FDCWD, (long)path, 0, 0, 0, 0);
}

int lh_sys_allocate(int fd, uint64_t from, uint64_t size)
{
	return (int)lh_syscall(SYS_fallocate, fd, 0, (long)from, (long)size, 0, 0);
}

long lh_sys_write(int fd, const void *data, size_t n)
{
	return lh_syscall(SYS_write, fd, (long)data, (long)n, 0, 0, 0);
}

long lh_sys_read(int fd, void *data, size_t n)
{
	return lh_syscall(SYS_read, fd, (long)data, (long)n, 0, 0, 0);
}

int lh_sys_identify(int fd, uint64_t *dev, uint64_t *ino)
{
	struct stat st;
	long rc = lh_syscall(SYS_fstat, fd, (long)&st, 0, 0, 0, 0);

	*dev = rc ? 0 : (uint64_t)st.st_dev;
	*ino = rc ? 0 : (uint64_t)st.st_ino;
	return (int)rc;
}

bool lh_sys_same_file(int fd, uint64_t dev, uint64_t ino)
{
	uint64_t d, i;

	return lh_sys_identify(fd, &d, &i) == 0 && d == dev && i == ino;
}

bool lh_sys_can_write(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};
	struct timespec now = {0, 0};

	return lh_syscall(SYS_ppoll, (long)&p, 1, (long)&now, 0, 8, 0) == 1 &&
	       (p.revents & POLLOUT) && !(p.revents & (POLLERR | POLLHUP | POLLNVAL));
}

bool lh_sys_copy(void *to, const void *from, size_t n)
{
	struct iovec local = {to, n}, remote = {(void *)(uintptr_t)from, n};

	return lh_syscall(SYS_process_vm_readv, lh_sys_pid(), (long)&local, 1, (long)&remote, 1,
			  0) == (long)n;
}

/* A requeue of no thread compares the word and does nothing else. */
bool lh_sys_may_be(const uint32_t *word, uint32_t value)
{
	long rc = lh_sys_seccomp_seen()
			  ? 0
			  : lh_syscall(SYS_futex, (long)word, FUTEX_CMP_REQUEUE_PRIVATE, 0, 0,
				       (long)word, (long)value);

	return rc != -EAGAIN && rc != -EFAULT;
}

long lh_sys_readlink(const char *path, char *out, size_t size)
{
	long n = lh_syscall(SYS_readlinkat, AT_FDCWD, (long)path, (long)out, (long)size - 1, 0, 0);

	out[n < 0 ? 0 : n] = '\0';
	return n;
}

int lh_sys_pid(void)
{
	return (int)lh_syscall(SYS_getpid, 0, 0, 0, 0, 0, 0);
}

/*
 * Offset of the thread id in glibc's thread block, on x86-64 since 2.4. Used only if it was right
 * for the first thread.
 */
enum { TID_AT = 0x2d0 };
static bool tid_is_there;

static int saved_tid(void)
{
#if defined(__x86_64__)
	return *(const int *)(lh_thread_pointer() + TID_AT);
#else
	return 0;
#endif
}

int lh_sys_tid(void)
{
	if (lh_sys_seccomp_seen())
		return tid_is_there ? saved_tid() : 0;
	return (int)lh_syscall(SYS_gettid, 0, 0, 0, 0, 0, 0);
}

bool lh_sys_tid_gone(int pid, int tid)
{
	return !lh_sys_seccomp_seen() && lh_syscall(SYS_tgkill, pid, tid, 0, 0, 0, 0) == -ESRCH;
}

void lh_sys_sleep(uint64_t ns)
{
	const struct timespec t = {(time_t)(ns / 1000000000u), (long)(ns % 1000000000u)};
	static uint32_t word;

	lh_syscall(SYS_futex, (long)&word, FUTEX_WAIT_PRIVATE, 0, (long)&t, 0, 0);
}

static bool filtered, entered; /* when the library started; since then */

static bool has_filter(void)
{
	return lh_syscall(SYS_prctl, PR_GET_SECCOMP, 0, 0, 0, 0, 0) != 0;
}

void lh_sys_seccomp_init(void)
{
	filtered = has_filter();
	tid_is_there = saved_tid() == lh_sys_tid();
}

void lh_sys_seccomp_mark(void)
{
	__atomic_store_n(&entered, true, __ATOMIC_SEQ_CST);
}

bool lh_sys_seccomp_seen(void)
{
	return __atomic_load_n(&entered, __ATOMIC_RELAXED);
}

bool lh_sys_seccomp_active(void)
{
	return lh_sys_seccomp_seen() || (!filtered && has_filter());
}

bool lh_sys_seccomp_at_start(void)
{
	return filtered;
}

void lh_sys_thread_name(char out[16])
{
	if (lh_syscall(SYS_prctl, PR_GET_NAME, (long)out, 0, 0, 0, 0) < 0)
		out[0] = '\0';
	out[15] = '\0';
}

uint64_t lh_sys_limit(int resource)
{
	struct rlimit r;

	return lh_syscall(SYS_prlimit64, 0, resource, 0, (long)&r, 0, 0) < 0 ? 0 : r.rlim_cur;
}

static int (*vdso_gettime)(clockid_t, struct timespec *);

void lh_sys_clock_init(int (*gettime)(clockid_t, struct timespec *))
{
	vdso_gettime = gettime;
}

static inline __attribute__((always_inline)) uint64_t read_clock(clockid_t which)
{
	struct timespec t;

	if (LH_UNLIKELY(!vdso_gettime || vdso_gettime(which, &t) != 0) &&
	    lh_syscall(SYS_clock_gettime, which, (long)&t, 0, 0, 0, 0) != 0)
		return 0;
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

uint64_t lh_sys_now(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

uint64_t lh_sys_time_left(const struct timespec *end)
{
	enum { REALTIME_FROM_S = 1000000000 }; /* 2001; a machine is not up for so long */
	uint64_t now = read_clock(end->tv_sec < REALTIME_FROM_S ? CLOCK_MONOTONIC : CLOCK_REALTIME);
	uint64_t ns = (uint64_t)end->tv_sec * 1000000000u + (uint64_t)end->tv_nsec;

	return end->tv_sec > 0 && ns > now ? ns - now : 0;
}

uint64_t lh_sys_coarse(void)
{
	return read_clock(CLOCK_MONOTONIC_COARSE);
}

uint64_t lh_sys_wall(void)
{
	return read_clock(CLOCK_REALTIME_COARSE);
}

/*
 * A thread spins for some microseconds, then sleeps in a futex, the one system call that every
 * program with threads may make. Its pauses are counted, not timed: where a pause of 2 ms takes
 * 200, the owner has no CPU either. The more threads wait, the longer they pause, so that they
 * leave the CPU to the owner. A thread gives up when one hold outlasts ONE_HOLD pauses, because its
 * owner was stopped inside a hook; this costs each other thread its event, but the waiting time
 * only once. While the lock passes from thread to thread, a thread waits on; after FAIR attempts in
 * vain the lock is handed over to the waiters, in the order in which the kernel wakes them.
 * lh_internal_lock_acquire_long waits INSISTENCE times as long for one hold.
 */
enum { SPINS = 200, ONE_HOLD = 50, FAIR = 5, ATTEMPTS_MAX = 1 << 20, INSISTENCE = 10 };
enum { PAUSE_NS = 2000000, PAUSE_PER_WAITER_NS = 20000 };
#define HANDED_OVER (UINT32_MAX - 1) /* as owner: a thread that waited becomes the owner */

static bool acquire_from(struct lh_internal_lock *l, uint32_t owner, uint32_t self)
{
	return __atomic_compare_exchange_n(&l->owner, &owner, self, false, __ATOMIC_ACQUIRE,
					   __ATOMIC_RELAXED) ||
	       owner == self; /* the caller left a hook by a jump and still owns the lock */
}
static bool acquire_now(struct lh_internal_lock *l, uint32_t self)
{
	return acquire_from(l, 0, self);
}
static uint32_t hold_of(const struct lh_internal_lock *l)
{
	return __atomic_load_n(&l->releases, __ATOMIC_RELAXED) + 1;
}
/* False: the lock was released meanwhile. */
static bool pause_of(struct lh_internal_lock *l)
{
	uint64_t ns = PAUSE_NS + (uint64_t)PAUSE_PER_WAITER_NS *
					 __atomic_load_n(&l->waiters, __ATOMIC_RELAXED);
	const struct timespec pause = {(time_t)(ns / 1000000000u), (long)(ns % 1000000000u)};
	uint32_t owner = __atomic_load_n(&l->owner, __ATOMIC_RELAXED);
	long rc = owner ? lh_syscall(SYS_futex, (long)&l->owner, FUTEX_WAIT_PRIVATE, owner,
				     (long)&pause, 0, 0)
			: 0;

	__atomic_store_n(&l->waking, 0, __ATOMIC_SEQ_CST);
	return rc != 0 && rc != -EAGAIN;
}
static bool wait_for(struct lh_internal_lock *l, uint32_t self, uint32_t times)
{
	uint32_t hold = hold_of(l), pauses = 0, attempts = 0;
	bool got = false;

	while (!got && pauses < ONE_HOLD * times && attempts < ATTEMPTS_MAX) {
		pauses += pause_of(l);
		got = acquire_now(l, self) || acquire_from(l, HANDED_OVER, self);
		if (hold != hold_of(l)) {
			hold = hold_of(l);
			pauses = 0;
		}
		if (++attempts == FAIR)
			__atomic_fetch_add(&l->impatient, 1, __ATOMIC_RELAXED);
	}
	if (attempts >= FAIR)
		__atomic_fetch_sub(&l->impatient, 1, __ATOMIC_RELAXED);
	if (!got)
		l->abandoned[times > 1] = hold;
	return got;
}
static bool acquire(struct lh_internal_lock *l, uint32_t self, uint32_t times)
{
	for (int i = 0; i < SPINS; i++) {
		if (acquire_now(l, self))
			return true;
#if defined(__x86_64__)
		__builtin_ia32_pause();
#endif
	}
	if (l->abandoned[times > 1] == hold_of(l))
		return false;
	__atomic_fetch_add(&l->waiters, 1, __ATOMIC_RELAXED);
	bool got = wait_for(l, self, times);
	__atomic_fetch_sub(&l->waiters, 1, __ATOMIC_RELAXED);
	return got;
}

bool lh_internal_lock_acquire(struct lh_internal_lock *l, uint32_t self)
{
	return acquire(l, self, 1);
}

bool lh_internal_lock_acquire_long(struct lh_internal_lock *l, uint32_t self)
{
	return acquire(l, self, INSISTENCE);
}

void lh_internal_lock_release(struct lh_internal_lock *l, uint32_t self)
{
	if (__atomic_load_n(&l->owner, __ATOMIC_RELAXED) != self)
		return;
	__atomic_store_n(&l->releases, l->releases + 1, __ATOMIC_RELAXED);
	if (l->taken)
		__atomic_store_n(l->taken, *l->taken + 1, __ATOMIC_RELAXED);
	bool hands_over = __atomic_load_n(&l->impatient, __ATOMIC_RELAXED) != 0;
	__atomic_store_n(&l->owner, hands_over ? HANDED_OVER : 0, __ATOMIC_SEQ_CST);
	bool wakes = __atomic_load_n(&l->waiters, __ATOMIC_SEQ_CST) &&
		     (hands_over || !__atomic_exchange_n(&l->waking, 1, __ATOMIC_SEQ_CST));
	bool woken =
		wakes && lh_syscall(SYS_futex, (long)&l->owner, FUTEX_WAKE_PRIVATE, 1, 0, 0, 0) > 0;
	if (hands_over && !woken)
		acquire_from(l, HANDED_OVER, 0); /* back to any thread */
}
