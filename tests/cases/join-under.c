/*
 * A thread is joined while a lock is held that this thread acquires.
 * EXPECT: lock-order <thread> a
 */
#include "case.h"

MUTEX(a);
static volatile int done;

static void *takes(void *arg)
{
	lock(&a);
	unlock(&a);
	done = 1;
	return arg;
}

int main(void)
{
	pthread_t t;
	pthread_create(&t, NULL, takes, NULL);
	while (!done)
		sched_yield();
	lock(&a);
	pthread_join(t, NULL);
	unlock(&a);
	return 0;
}
