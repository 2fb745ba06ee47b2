/*
 * As join-told, but the joiner finds that the thread has said so already, and does not wait.
 * EXPECT: lock-order(warning) <thread> a
 */
#include "joined.h"

static void *works(void *arg)
{
	say();
	ended = 1;
	return arg;
}

int main(void)
{
	pthread_t t;
	pthread_create(&t, NULL, works, NULL);
	wait_until(&ended);
	wait_until_said(1);
	pthread_join(t, NULL);
	unlock(&a);
	return 0;
}
