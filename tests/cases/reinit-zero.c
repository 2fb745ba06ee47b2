/*
 * As reinit.c, with a lock without initialization and destroy calls: its memory is overwritten.
 * EXPECT: lock-order <thread> m
 */
#include "case.h"

static pthread_mutex_t m;
static volatile int done;

static void *takes(void *arg)
{
	for (int i = 0; i < 3; i++) {
		m = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
		lock(&m);
		unlock(&m);
	}
	done = 1;
	return arg;
}

int main(void)
{
	pthread_t t;
	for (int i = 0; i < 2; i++) {
		if (i)
			pthread_create(&t, NULL, takes, NULL);
		while (i && !done)
			sched_yield();
		lock(&m);
		if (i)
			pthread_join(t, NULL);
		unlock(&m);
	}
	return 0;
}
