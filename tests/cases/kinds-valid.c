/*
 * Each kind of lock with each of its attributes is a valid lock, also in a process and at an
 * address that did not initialize it, and in zeroed memory where POSIX on Linux allows that.
 * EXPECT: nothing
 */
#include "case.h"

struct all {
	pthread_mutex_t m[4][2][2][3];
	pthread_rwlock_t r[3][2];
	pthread_cond_t c[2][2];
	pthread_barrier_t b[2];
	sem_t s[2];
	pthread_spinlock_t p[2];
};

static void init_mutex(pthread_mutex_t *m, int type, int robust, int shared, int protocol)
{
	pthread_mutexattr_t a;

	pthread_mutexattr_init(&a);
	pthread_mutexattr_settype(&a, type);
	pthread_mutexattr_setrobust(&a, robust ? PTHREAD_MUTEX_ROBUST : PTHREAD_MUTEX_STALLED);
	pthread_mutexattr_setpshared(&a, shared);
	pthread_mutexattr_setprotocol(&a, protocol);
	pthread_mutex_init(m, &a);
	pthread_mutexattr_destroy(&a);
}

static void init_rwlock(pthread_rwlock_t *r, int kind, int shared)
{
	pthread_rwlockattr_t a;

	pthread_rwlockattr_init(&a);
	pthread_rwlockattr_setkind_np(&a, kind);
	pthread_rwlockattr_setpshared(&a, shared);
	pthread_rwlock_init(r, &a);
}

static void init_cond(pthread_cond_t *c, clockid_t clock, int shared)
{
	pthread_condattr_t a;

	pthread_condattr_init(&a);
	pthread_condattr_setclock(&a, clock);
	pthread_condattr_setpshared(&a, shared);
	pthread_cond_init(c, &a);
}

static void init(struct all *all)
{
	pthread_barrierattr_t a;

	memset(all, 0, sizeof(*all)); /* some kinds of mutex glibc refuses to initialize */
	for (int i = 0; i < 48; i++)
		init_mutex(&all->m[0][0][0][0] + i, i / 12, i / 6 % 2, i / 3 % 2, i % 3);
	for (int shared = 0; shared < 2; shared++) {
		for (int kind = 0; kind < 3; kind++)
			init_rwlock(&all->r[kind][shared], kind, shared);
		init_cond(&all->c[0][shared], CLOCK_REALTIME, shared);
		init_cond(&all->c[1][shared], CLOCK_MONOTONIC, shared);
		pthread_barrierattr_init(&a);
		pthread_barrierattr_setpshared(&a, shared);
		pthread_barrier_init(&all->b[shared], &a, 1);
		sem_init(&all->s[shared], shared, 1);
		pthread_spin_init(&all->p[shared], shared);
	}
}

static void use(struct all *all)
{
	struct timespec past = {0, 0};

	for (int i = 0; i < 48; i++) {
		pthread_mutex_t *m = &all->m[0][0][0][0] + i;
		if (lock(m) == 0)
			unlock(m);
		lock(&all->m[0][0][0][0]);
		pthread_cond_timedwait(&all->c[0][i % 2], &all->m[0][0][0][0], &past);
		pthread_cond_broadcast(&all->c[1][i % 2]);
		unlock(&all->m[0][0][0][0]);
	}
	for (int i = 0; i < 6; i++) {
		pthread_rwlock_rdlock(&all->r[0][0] + i);
		pthread_rwlock_unlock(&all->r[0][0] + i);
		pthread_rwlock_wrlock(&all->r[0][0] + i);
		pthread_rwlock_unlock(&all->r[0][0] + i);
		pthread_barrier_wait(&all->b[i % 2]);
		sem_wait(&all->s[i % 2]);
		sem_post(&all->s[i % 2]);
		pthread_spin_lock(&all->p[i % 2]);
		pthread_spin_unlock(&all->p[i % 2]);
	}
}

static void destroy(struct all *all)
{
	for (int i = 0; i < 48; i++)
		pthread_mutex_destroy(&all->m[0][0][0][0] + i);
	for (int i = 0; i < 6; i++)
		pthread_rwlock_destroy(&all->r[0][0] + i);
	for (int i = 0; i < 2; i++) {
		pthread_cond_destroy(&all->c[0][i]);
		pthread_cond_destroy(&all->c[1][i]);
		pthread_barrier_destroy(&all->b[i]);
		sem_destroy(&all->s[i]);
		pthread_spin_destroy(&all->p[i]);
	}
}

int main(void)
{
	int fd = memfd_create("locks", MFD_CLOEXEC), status = 1;
	struct all *all, *alias;
	void *volatile none = NULL;

	if (ftruncate(fd, sizeof(*all)))
		return 1;
	all = mmap(NULL, sizeof(*all), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	init(all);
	pid_t pid = fork();
	if (!pid) {
		alias = mmap(NULL, sizeof(*all), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		use(all);
		use(alias);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	for (int i = 0; i < 2; i++) {
		use(all);
		destroy(all);
		init(all);
	}
	destroy(all);
	sem_destroy(none); /* glibc does not look at it */
	pthread_rwlock_destroy(none);
	return WEXITSTATUS(status);
}
