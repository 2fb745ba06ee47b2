/*
 * A thread says under a lock that it is done, and is joined under this lock by the thread that
 * waited for that.
 * EXPECT: lock-order(warning) <thread> a
 * EXPECT-MESSAGE: T1 'main' joins T2 while it holds 'a': this can
 */
#include "joined.h"

static void *works(void *arg)
{
	lock(&a);
	unlock(&a);
	wait_until(&waiting);
	say();
	return arg;
}

int main(void)
{
	pthread_t t;
	pthread_create(&t, NULL, works, NULL);
	wait_until_said(1);
	pthread_join(t, NULL);
	unlock(&a);
	return 0;
}
