/*
 * pshared.c — locks in shared memory, mapped at different addresses, acquired by two processes in
 * turn; one unlocks a semaphore and a spinlock that the other acquired.
 */
#include "observe.h"

struct shared {
	pthread_mutex_t m, plain;
	pthread_cond_t c;
	pthread_rwlock_t r;
	pthread_barrier_t b;
	sem_t s;
	pthread_spinlock_t spin;
	int turn;
};

static void make(struct shared *s)
{
	pthread_mutexattr_t a;
	pthread_condattr_t c;
	pthread_rwlockattr_t r;
	pthread_barrierattr_t b;
	pthread_mutexattr_init(&a);
	pthread_mutexattr_setpshared(&a, PTHREAD_PROCESS_SHARED);
	pthread_condattr_init(&c);
	pthread_condattr_setpshared(&c, PTHREAD_PROCESS_SHARED);
	pthread_rwlockattr_init(&r);
	pthread_rwlockattr_setpshared(&r, PTHREAD_PROCESS_SHARED);
	pthread_barrierattr_init(&b);
	pthread_barrierattr_setpshared(&b, PTHREAD_PROCESS_SHARED);
	pthread_mutex_init(&s->m, &a);
	pthread_cond_init(&s->c, &c);
	pthread_rwlock_init(&s->r, &r);
	pthread_barrier_init(&s->b, &b, 2);
	sem_init(&s->s, 1, 0);
	pthread_spin_init(&s->spin, PTHREAD_PROCESS_SHARED);
}

static int play(struct shared *s, int me)
{
	int wrong = 0;
	for (int i = 0; i < 200; i++) {
		wrong += pthread_mutex_lock(&s->m);
		while (s->turn != me)
			wrong += pthread_cond_wait(&s->c, &s->m);
		s->turn = !me;
		wrong += pthread_cond_broadcast(&s->c) + pthread_mutex_unlock(&s->m);
		wrong += pthread_rwlock_rdlock(&s->r) + pthread_rwlock_unlock(&s->r);
		wrong += pthread_rwlock_wrlock(&s->r) + pthread_rwlock_unlock(&s->r);
		int rc = pthread_barrier_wait(&s->b);
		wrong += rc && rc != PTHREAD_BARRIER_SERIAL_THREAD;
		wrong += pthread_spin_lock(&s->spin) + pthread_spin_unlock(&s->spin);
		wrong += me ? sem_post(&s->s) : sem_wait(&s->s);
	}
	return wrong;
}

int main(void)
{
	observe("start");
	int fd = memfd_create("pshared", MFD_CLOEXEC);
	ftruncate(fd, 4096);
	struct shared *s = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	make(s);
	pid_t pid = fork();
	if (!pid) {
		struct shared *mine = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		munmap(s, 4096);
		_exit(play(mine, 1) != 0);
	}
	show(play(s, 0));
	int status;
	waitpid(pid, &status, 0);
	show(status);
	/* The child acquires the mutex and the parent releases it: odd, but for plain mutexes
	 * allowed by glibc. */
	pid = fork();
	if (!pid)
		_exit(pthread_spin_lock(&s->spin));
	waitpid(pid, &status, 0);
	show(status);
	show(pthread_spin_trylock(&s->spin));
	show(pthread_spin_unlock(&s->spin));
	show(pthread_rwlock_destroy(&s->r));
	close(fd);
	observe("end");
	return 0;
}
