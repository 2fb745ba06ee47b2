/*
 * Near miss of reinit.c: the thread acquired earlier locks at the same address and site, but not
 * the lock that is held during the join.
 * EXPECT: nothing
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
		if (i == 2)
			break;
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
