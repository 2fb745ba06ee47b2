/*
 * The thread signals after it has released the lock; the joiner waits for the signal.
 * EXPECT: lock-order(warning) <thread> a
 */
#include "joined.h"

static void *works(void *arg)
{
	wait_until(&waiting);
	lock(&a);
	said = 1;
	unlock(&a);
	pthread_cond_signal(&c);
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
