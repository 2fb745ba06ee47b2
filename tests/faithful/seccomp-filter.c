/*
 * seccomp-filter.c — a program that allows itself read, write, futex and little more, and is
 * killed for any other call, continues to lock: in old code, in new code, on new locks, by two
 * threads.
 */
#include "seccomp.h"

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER, many[2000];
static pthread_rwlock_t r = PTHREAD_RWLOCK_INITIALIZER;
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
static volatile int turn, rounds;

static __attribute__((noinline)) int nested(int depth)
{
	int rc = pthread_mutex_lock(&many[depth]);
	if (depth)
		rc += nested(depth - 1);
	return rc + pthread_mutex_unlock(&many[depth]);
}

static void *partner(void *arg)
{
	pthread_mutex_lock(&m);
	while (rounds < 1000) {
		while (!turn && rounds < 1000)
			pthread_cond_wait(&c, &m);
		turn = 0;
		pthread_cond_signal(&c);
	}
	pthread_mutex_unlock(&m);
	return arg;
}

static int misuse(void)
{
	pthread_mutex_t fresh = PTHREAD_MUTEX_INITIALIZER;
	return pthread_mutex_unlock(&fresh);
}

int main(void)
{
	pthread_t t;
	sem_t s;
	observe("start");
	pthread_create(&t, NULL, partner, NULL);
	pthread_mutex_lock(&m);
	pthread_mutex_unlock(&m);
	if (lock_up())
		return 1;
	int wrong = 0;
	for (int i = 0; i < 40; i++)
		wrong += nested(i);
	for (int i = 0; i < 2000; i++)
		wrong += pthread_mutex_init(&many[i], NULL) + pthread_mutex_lock(&many[i]) +
			 pthread_mutex_unlock(&many[i]);
	wrong += pthread_rwlock_rdlock(&r) + pthread_rwlock_unlock(&r);
	wrong += sem_init(&s, 0, 1) + sem_wait(&s) + sem_post(&s);
	pthread_mutex_lock(&m);
	for (; rounds < 1000; rounds++) {
		turn = 1;
		pthread_cond_signal(&c);
		while (turn)
			pthread_cond_wait(&c, &m);
	}
	turn = 1;
	pthread_cond_signal(&c);
	pthread_mutex_unlock(&m);
	wrong += misuse();
	tell(wrong ? "wrong\n" : "right\n");
	syscall(SYS_exit_group, 7);
}
