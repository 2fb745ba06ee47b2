/*
 * The thread tells another thread that it is done, and the joiner does not wait for that.
 * EXPECT: lock-order <thread> a
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
	ended = 1;
	return arg;
}

int main(void)
{
	pthread_t t, u;
	pthread_create(&t, NULL, works, NULL);
	pthread_create(&u, NULL, waits, NULL);
	wait_until(&ended);
	lock(&a);
	pthread_join(t, NULL);
	unlock(&a);
	pthread_join(u, NULL);
	return 0;
}
