/*
 * Another thread waits until the thread says that it is done, and is joined itself before.
 * EXPECT: lock-order(warning) <thread> a
 */
#include "joined.h"

static void *works(void *arg)
{
	wait_until(&waiting);
	say();
	return arg;
}

static void *waits(void *arg)
{
	wait_until_said(1);
	unlock(&a);
	return arg;
}

int main(void)
{
	pthread_t t, u;
	pthread_create(&t, NULL, works, NULL);
	pthread_create(&u, NULL, waits, NULL);
	pthread_join(u, NULL);
	lock(&a);
	pthread_join(t, NULL);
	unlock(&a);
	return 0;
}
