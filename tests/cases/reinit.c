/*
 * A lock that is initialized again and again at one address: the last one is held during a join,
 * and the joined thread has acquired that one, too.
 * EXPECT: lock-order <thread> m
 */
#include "case.h"

static pthread_mutex_t m;
static volatile int done;

static void *takes(void *arg)
{
	for (int i = 0; i < 3; i++) {
		if (i)
			pthread_mutex_destroy(&m);
		pthread_mutex_init(&m, NULL);
		lock(&m);
		unlock(&m);
	}
	done = 1;
	return arg;
}

int main(void)
{
	pthread_t t;
	pthread_create(&t, NULL, takes, NULL);
	while (!done)
		sched_yield();
	lock(&m);
	pthread_join(t, NULL);
	unlock(&m);
	return 0;
}
