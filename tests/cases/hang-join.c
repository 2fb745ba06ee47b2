/*
 * A thread joins a thread that waits for a lock which the joining thread holds.
 * EXPECT: deadlock <thread> a
 */
#include "case.h"

MUTEX(a);

static void *takes(void *arg)
{
	lock(&a);
	unlock(&a);
	return arg;
}

int main(void)
{
	pthread_t t;
	lock(&a);
	pthread_create(&t, NULL, takes, NULL);
	pthread_join(t, NULL);
	unlock(&a);
	return 0;
}
