/*
 * A condition is destroyed, another initialized again, while a thread waits on it; a semaphore and
 * a barrier likewise.
 * EXPECT: destroy-held
 * EXPECT: destroy-held
 * EXPECT: destroy-held s
 * EXPECT: destroy-held t
 * EXPECT: destroy-held b
 * EXPECT: destroy-held d
 */
#include "case.h"

static pthread_mutex_t m[2] = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER};
static pthread_cond_t c[2] = {PTHREAD_COND_INITIALIZER, PTHREAD_COND_INITIALIZER};
static sem_t s, t;
static pthread_barrier_t b, d;
static volatile int tid;

static void *sleeps(void *arg)
{
	int n = (int)(long)arg;

	tid = my_tid();
	if (n < 2)
		lock(&m[n]);
	switch (n) {
	case 0:
	case 1:
		for (;;)
			pthread_cond_wait(&c[n], &m[n]);
	case 2:
	case 3:
		sem_wait(n == 2 ? &s : &t);
		break;
	default:
		pthread_barrier_wait(n == 4 ? &b : &d);
	}
	return NULL;
}

static void *destroys(void *arg)
{
	tid = my_tid();
	pthread_cond_destroy(&c[0]); /* waits for the waiter */
	return arg;
}

static void start(void *(*fn)(void *), long n)
{
	pthread_t thread;

	tid = 0;
	pthread_create(&thread, NULL, fn, (void *)n);
	pthread_detach(thread);
	wait_asleep(&tid);
}

int main(void)
{
	sem_init(&s, 0, 0);
	sem_init(&t, 0, 0);
	pthread_barrier_init(&b, NULL, 2);
	pthread_barrier_init(&d, NULL, 2);
	for (long n = 0; n < 6; n++)
		start(sleeps, n);
	start(destroys, 0);
	pthread_cond_init(&c[1], NULL);
	sem_destroy(&s);
	sem_init(&t, 0, 0);
	pthread_barrier_init(&b, NULL, 2);
	pthread_barrier_init(&d, NULL, 3);
	return 0;
}
