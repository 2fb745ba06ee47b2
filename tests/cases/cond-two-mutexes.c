/*
 * Two threads wait on one condition at the same time, each with a mutex of its own.
 * EXPECT: cond-two-mutexes m n
 * EXPECT-STACK: first, second
 */
#include "case.h"

MUTEX(m);
MUTEX(n);
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
static volatile int tid[2], go;

static void *first(void *arg)
{
	lock(&m);
	tid[0] = my_tid();
	while (!go)
		pthread_cond_wait(&c, &m);
	unlock(&m);
	return arg;
}

static void *second(void *arg)
{
	lock(&n);
	tid[1] = my_tid();
	while (!go)
		pthread_cond_wait(&c, &n);
	unlock(&n);
	return arg;
}

int main(void)
{
	pthread_t t[2];

	pthread_create(&t[0], NULL, first, NULL);
	wait_asleep(&tid[0]);
	pthread_create(&t[1], NULL, second, NULL);
	wait_asleep(&tid[1]);
	lock(&m);
	lock(&n);
	go = 1;
	pthread_cond_broadcast(&c);
	unlock(&n);
	unlock(&m);
	pthread_join(t[0], NULL);
	pthread_join(t[1], NULL);
	return 0;
}
