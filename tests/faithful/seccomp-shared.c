/*
 * seccomp-shared.c — a filter that kills for prctl, open and whatever else the program does not
 * need, set by prctl and by seccomp; then the first process-shared mutex, rwlock and semaphore, the
 * first spinlock, and a fork. We must not make a call that kills, whatever we lose by it.
 */
#include "seccomp.h"

struct shared {
	pthread_mutex_t m;
	pthread_rwlock_t r;
	pthread_spinlock_t spin;
	sem_t s;
};

static void make(struct shared *s)
{
	pthread_mutexattr_t m;
	pthread_rwlockattr_t r;

	pthread_mutexattr_init(&m);
	pthread_mutexattr_setpshared(&m, PTHREAD_PROCESS_SHARED);
	pthread_rwlockattr_init(&r);
	pthread_rwlockattr_setpshared(&r, PTHREAD_PROCESS_SHARED);
	pthread_mutex_init(&s->m, &m);
	pthread_rwlock_init(&s->r, &r);
	pthread_spin_init(&s->spin, PTHREAD_PROCESS_SHARED);
	sem_init(&s->s, 1, 1);
}

static int use(struct shared *s)
{
	return pthread_mutex_lock(&s->m) + pthread_rwlock_wrlock(&s->r) +
	       pthread_spin_lock(&s->spin) + sem_wait(&s->s) + sem_post(&s->s) +
	       pthread_spin_unlock(&s->spin) + pthread_rwlock_unlock(&s->r) +
	       pthread_mutex_unlock(&s->m);
}

static int lock_up_for_forks(int by_prctl)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		ALLOW(write),
		ALLOW(futex),
		ALLOW(clone),
		ALLOW(set_robust_list),
		ALLOW(rt_sigprocmask),
		ALLOW(wait4),
		ALLOW(exit_group),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	};
	struct sock_fprog program = {sizeof(filter) / sizeof(*filter), filter};

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return by_prctl ? prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0)
			: (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
}

static int locked_up(int by_prctl, struct shared *old, struct shared *fresh)
{
	int status = 0, wrong = lock_up_for_forks(by_prctl);

	make(fresh);
	wrong += use(fresh) + use(old);
	pid_t child = fork();
	if (!child)
		syscall(SYS_exit_group, use(fresh) + use(old));
	waitpid(child, &status, 0);
	tell(!wrong && !status ? "right\n" : "wrong\n");
	return 7;
}

int main(void)
{
	struct shared *s =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	observe("start");
	/* a query for the kernel's abilities without a filter is refused, and is no sandbox */
	show(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL, 0, 0));
	show(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, NULL));
	show(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 99, NULL));
	show(syscall(-1L, 1, 2, 3, 4, 5, 6) + prctl(-1, 1, 2, 3, 4));
	make(&s[0]);
	say("%d\n", use(&s[0]));
	for (int by_prctl = 0; by_prctl < 2; by_prctl++) {
		int status = 0;
		pid_t child = fork();

		if (!child)
			syscall(SYS_exit_group, locked_up(by_prctl, &s[0], &s[1 + by_prctl]));
		waitpid(child, &status, 0);
		say("by_prctl %d: status %x\n", by_prctl, status);
	}
	say("%d\n", use(&s[1]) + use(&s[2]));
	observe("end");
}
