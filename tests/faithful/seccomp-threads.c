/*
 * seccomp-threads.c — a filter with little more than what threads and a normal end need: then new
 * threads, also detached, new locks by the thousand, a misuse to report, exit handlers.
 * LIMIT: 30
 */
#include "seccomp.h"

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER, many[6000];
static int ended;

static void *worker(void *arg)
{
	pthread_mutex_t fresh = PTHREAD_MUTEX_INITIALIZER;

	pthread_mutex_lock(&m);
	pthread_mutex_unlock(&m);
	pthread_mutex_unlock(&fresh);
	__atomic_add_fetch(&ended, 1, __ATOMIC_SEQ_CST);
	return arg;
}

static void last(void)
{
	pthread_mutex_lock(&m);
	pthread_mutex_unlock(&m);
	tell("last\n");
}

static int lock_up_with_threads(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		ALLOW(write),
		ALLOW(futex),
		ALLOW(clone3),
		ALLOW(clone),
		ALLOW(mmap),
		ALLOW(munmap),
		ALLOW(mprotect),
		ALLOW(brk),
		ALLOW(rseq),
		ALLOW(set_robust_list),
		ALLOW(rt_sigprocmask),
		ALLOW(sched_yield),
		ALLOW(exit),
		ALLOW(exit_group),
		/* glibc frees a stack with this advice; the library's own madvise has another */
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_madvise, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, MADV_DONTNEED, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	};
	struct sock_fprog program = {sizeof(filter) / sizeof(*filter), filter};

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
}

int main(void)
{
	pthread_attr_t detached;
	pthread_t t;
	int wrong = 0;

	pthread_attr_init(&detached);
	pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
	in_thread(worker, NULL); /* what glibc does with its first thread */
	atexit(last);
	if (lock_up_with_threads())
		return 1;
	for (int i = 0; i < 60; i++) {
		wrong += pthread_create(&t, &detached, worker, NULL);
		wrong += pthread_create(&t, NULL, worker, NULL) || pthread_join(t, NULL);
	}
	for (int i = 0; i < 6000; i++)
		wrong += pthread_mutex_lock(&many[i]) + pthread_mutex_unlock(&many[i]);
	while (__atomic_load_n(&ended, __ATOMIC_SEQ_CST) < 121)
		sched_yield();
	tell(wrong ? "wrong\n" : "right\n");
	return 7;
}
