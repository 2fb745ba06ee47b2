/*
 * As deep-create, but the new thread acquires both locks before it acquires the 180th alone.
 * EXPECT: lock-order a b
 */
#include "deep.h"

MUTEX(a);
MUTEX(b);

static volatile int turn;

static void *before(void *none)
{
	while (!turn)
		sched_yield();
	lock(&b);
	lock(&a);
	unlock(&a);
	unlock(&b);
	lock(&a);
	unlock(&a);
	return none;
}

int main(void)
{
	pthread_t t;

	go_down(0);
	lock(&a);
	pthread_create(&t, NULL, before, NULL);
	lock(&b);
	unlock(&b);
	unlock(&a);
	come_up(0);
	turn = 1;
	pthread_join(t, NULL);
	return 0;
}
