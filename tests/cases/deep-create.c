/*
 * A thread creates another while it holds 180 locks, then acquires one more; the new thread first
 * acquires the 180th alone, and then both in the opposite order: too late to meet.
 * EXPECT: nothing
 * EXPECT-FILTERED: ordered a b
 */
#include "deep.h"

MUTEX(a);
MUTEX(b);

static void *after(void *none)
{
	lock(&a);
	unlock(&a);
	lock(&b);
	lock(&a);
	unlock(&a);
	unlock(&b);
	return none;
}

int main(void)
{
	pthread_t t;

	go_down(0);
	lock(&a);
	pthread_create(&t, NULL, after, NULL);
	lock(&b);
	unlock(&b);
	unlock(&a);
	come_up(0);
	pthread_join(t, NULL);
	return 0;
}
