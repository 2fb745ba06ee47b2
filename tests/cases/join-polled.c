/*
 * The joiner reads under the lock that the thread is done; only the lock orders the two, as in any
 * run that did not deadlock.
 * EXPECT: lock-order <thread> a
 */
#include "joined.h"

static void *works(void *arg)
{
	lock(&a);
	said = 1;
	unlock(&a);
	return arg;
}

int main(void)
{
	pthread_t t;
	pthread_create(&t, NULL, works, NULL);
	lock(&a);
	while (!said) {
		unlock(&a);
		sched_yield();
		lock(&a);
	}
	pthread_join(t, NULL);
	unlock(&a);
	return 0;
}
