/*
 * The thread signals at each step: its last signal looks like the others.
 * EXPECT: lock-order <thread> a
 */
#include "joined.h"

static void *works(void *arg)
{
	wait_until(&waiting);
	for (int i = 0; i < 3; i++)
		say();
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
