/*
 * kinds-futex.c — every result and errno of the futex calls that a program makes by syscall(): in
 * threads of pthread_create and of clone, interrupted, with handlers that make futex calls or jump
 * out, cancelled asynchronously, in children of fork and vfork, before main and after a filter.
 */
#include "observe.h"

#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdatomic.h>

static atomic_uint word, other, word_of_handler;
static const struct timespec ms20 = {0, 20000000};
static sigjmp_buf out;
static volatile int handled;

/* The waiter sleeps in the call: the kernel moves or wakes it, so the result is exact. */
static long until(long n, int op, atomic_uint *at, long value, void *word2, int value3)
{
	long rc;

	while ((rc = syscall(SYS_futex, at, op, 1, value, word2, value3)) != n && rc >= 0)
		usleep(200);
	return rc;
}

static void *wait_there(void *at)
{
	return (void *)syscall(SYS_futex, at, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
}

static void *wait_bitset(void *at)
{
	return (void *)syscall(SYS_futex, at, FUTEX_WAIT_BITSET_PRIVATE, 0, NULL, NULL, 4);
}

static void joined(const char *what, pthread_t t)
{
	void *got;

	pthread_join(t, &got);
	say("%s: the waiter got %ld\n", what, (long)got);
}

static void errors(void)
{
	struct timespec bad = {0, -1}, mono = in_ms(CLOCK_MONOTONIC, 20),
			real = in_ms(CLOCK_REALTIME, 20);

	show(syscall(SYS_futex, &word, FUTEX_WAIT, 1, NULL, NULL, 0));
	show(syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 1, NULL, NULL, 0));
	show(syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &ms20, NULL, 0));
	show(syscall(SYS_futex, &word, FUTEX_WAIT, 0, &ms20, NULL, 0));
	show(syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &bad, NULL, 0));
	show(syscall(SYS_futex, &word, FUTEX_WAIT_BITSET_PRIVATE, 0, &mono, NULL, 1));
	show(syscall(SYS_futex, &word, FUTEX_WAIT_BITSET_PRIVATE | FUTEX_CLOCK_REALTIME, 0, &real,
		     NULL, 1));
	show(syscall(SYS_futex, &word, FUTEX_WAIT_BITSET_PRIVATE, 0, &mono, NULL, 0));
	show(syscall(SYS_futex, 1, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0));
	show(syscall(SYS_futex, 4096, FUTEX_WAIT, 0, NULL, NULL, 0));
	show(syscall(SYS_futex, 4096, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0));
	show(syscall(SYS_futex, 1, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0));
	show(syscall(SYS_futex, &word, 99, 1, NULL, NULL, 0));
	show(syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0));
	show(syscall(SYS_futex, &word, FUTEX_CMP_REQUEUE_PRIVATE, 1, 1, &other, 7));
	show(syscall(SYS_futex, &word, FUTEX_UNLOCK_PI_PRIVATE, 0, NULL, NULL, 0));
	show(syscall(SYS_futex, &word, FUTEX_LOCK_PI_PRIVATE, 0, NULL, NULL, 0));
	show(syscall(SYS_futex, &word, FUTEX_LOCK_PI_PRIVATE, 0, NULL, NULL, 0));
	say("the word holds the thread's id: %d\n", (int)atomic_load(&word) == my_tid());
	show(syscall(SYS_futex, &word, FUTEX_UNLOCK_PI_PRIVATE, 0, NULL, NULL, 0));
	say("the word: %u\n", atomic_load(&word));
#ifdef SYS_futex_waitv
	show(syscall(SYS_futex_waitv, NULL, 0, 0, NULL, 0));
#endif
	show(syscall(-1));
}

static void wakes(void)
{
	pthread_t t;

	pthread_create(&t, NULL, wait_there, &word);
	show(until(1, FUTEX_WAKE_PRIVATE, &word, 0, NULL, 0));
	joined("wake", t);
	pthread_create(&t, NULL, wait_bitset, &word);
	show(until(1, FUTEX_WAKE_BITSET_PRIVATE, &word, 0, NULL, 6));
	joined("wake bitset", t);
	pthread_create(&t, NULL, wait_there, &word);
	show(until(1, FUTEX_REQUEUE_PRIVATE, &word, 1, &other, 0));
	joined("requeue, woken at the first word", t);
	pthread_create(&t, NULL, wait_there, &other);
	show(until(1, FUTEX_WAKE_OP_PRIVATE, &word, 1, &other,
		   FUTEX_OP(FUTEX_OP_SET, 0, FUTEX_OP_CMP_EQ, 0)));
	joined("wake op", t);
}

/* ---- signals ---- */

static void in_handler(int sig UNUSED)
{
	handled =
		syscall(SYS_futex, &word_of_handler, FUTEX_WAIT_PRIVATE, 0, &ms20, NULL, 0) == -1 &&
		errno == ETIMEDOUT;
}

static void jump(int sig UNUSED)
{
	siglongjmp(out, 1);
}

static void *interrupts(void *tid)
{
	wait_asleep(*(int *)tid);
	syscall(SYS_tgkill, getpid(), *(int *)tid, SIGUSR1);
	return NULL;
}

static void handlers(void)
{
	struct sigaction a = {.sa_handler = in_handler};
	int tid = my_tid();
	pthread_t t;

	sigaction(SIGUSR1, &a, NULL);
	pthread_create(&t, NULL, interrupts, &tid);
	show(syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0));
	pthread_join(t, NULL);
	show(handled);
	a.sa_handler = jump;
	sigaction(SIGUSR1, &a, NULL);
	pthread_create(&t, NULL, interrupts, &tid);
	if (!sigsetjmp(out, 1))
		syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
	pthread_join(t, NULL);
	show(syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &ms20, NULL, 0));
}

/* ---- cancellation, threads of clone, children ---- */

static void cleaned(void *arg)
{
	say("cleaned\n");
	*(long *)arg = syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &ms20, NULL, 0);
}

static void *to_cancel(void *tid)
{
	long rc = 0;

	*(int *)tid = my_tid();
	step_made();
	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
	pthread_cleanup_push(cleaned, &rc);
	syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
	pthread_cleanup_pop(0);
	return NULL;
}

static void cancelled(void)
{
	pthread_t t;
	void *got;
	int tid = 0;

	pthread_create(&t, NULL, to_cancel, &tid);
	step_wait(1);
	wait_asleep(tid);
	pthread_cancel(t);
	pthread_join(t, &got);
	say("cancelled: %d\n", got == PTHREAD_CANCELED);
}

static int cloned(void *at)
{
	return syscall(SYS_futex, at, FUTEX_WAIT, 0, NULL, NULL, 0) == 0 ? 3 : 4;
}

static void children(void)
{
	static char stack[256 * 1024] __attribute__((aligned(16)));
	int status = 0;
	pid_t pid = clone(cloned, stack + sizeof(stack), CLONE_VM | SIGCHLD, &word);

	until(1, FUTEX_WAKE, &word, 0, NULL, 0);
	waitpid(pid, &status, 0);
	say("clone: %d\n", WEXITSTATUS(status));
	pid = fork();
	if (!pid)
		_exit(syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &ms20, NULL, 0) == -1 &&
				      errno == ETIMEDOUT
			      ? 5
			      : 6);
	waitpid(pid, &status, 0);
	say("fork: %d\n", WEXITSTATUS(status));
	pid = vfork();
	if (!pid)
		_exit(syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &ms20, NULL, 0) == -1 &&
				      errno == ETIMEDOUT
			      ? 7
			      : 8);
	waitpid(pid, &status, 0);
	say("vfork: %d\n", WEXITSTATUS(status));
}

/* ---- after a filter that refuses nothing ---- */

static void filtered(void)
{
	struct sock_filter all[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
	struct sock_fprog program = {1, all};
	pthread_t t;

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	show(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program));
	show(syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &ms20, NULL, 0));
	pthread_create(&t, NULL, wait_there, &other);
	show(until(1, FUTEX_WAKE_PRIVATE, &other, 0, NULL, 0));
	joined("after the filter", t);
}

static long before_main;

static __attribute__((constructor)) void early(void)
{
	before_main = syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &ms20, NULL, 0);
}

int main(void)
{
	observe("start");
	show(before_main);
	errors();
	wakes();
	handlers();
	cancelled();
	children();
	filtered();
	observe("end");
	return 0;
}
