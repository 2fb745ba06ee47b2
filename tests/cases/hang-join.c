/*
 * Joins a thread that waits for what the joiner holds.
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
