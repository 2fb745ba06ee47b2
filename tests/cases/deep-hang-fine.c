/*
 * Threads with 180 locks wait for the 180th of another one, which goes on.
 * EXPECT: nothing
 */
#include "deep.h"

MUTEX(a);
MUTEX(b);
static volatile int waits;

static void *holds(void *arg)
{
	go_down(0);
	lock(&a);
	meet(2);
	while (!waits)
		sched_yield();
	lock(&b);
	unlock(&b);
	unlock(&a);
	come_up_by_age(0);
	return arg;
}

static void *wants(void *arg)
{
	go_down(1);
	meet(2);
	waits = 1;
	lock(&a);
	unlock(&a);
	come_up_by_age(1);
	return arg;
}

int main(void)
{
	pthread_t t, u;
	pthread_create(&t, NULL, holds, NULL);
	pthread_create(&u, NULL, wants, NULL);
	pthread_join(t, NULL);
	pthread_join(u, NULL);
	return 0;
}
