/*
 * The thread acquires the lock once more after it has said that it is done. The
 * places where it does are one finding.
 * EXPECT: lock-order <thread> a
 * EXPECT-STACK: works, main
 */
#include "joined.h"

static void *works(void *arg)
{
	wait_until(&waiting);
	say();
	lock(&a);
	unlock(&a);
	ended = 1;
	return arg;
}

int main(void)
{
	pthread_t t;
	pthread_create(&t, NULL, works, NULL);
	wait_until_said(1);
	unlock(&a);
	wait_until(&ended);
	lock(&a);
	pthread_join(t, NULL);
	unlock(&a);
	return 0;
}
