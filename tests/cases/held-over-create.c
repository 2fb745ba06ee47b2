/*
 * A thread creates another while it holds a lock, then acquires a second lock; the new thread
 * acquires the first lock, releases it, and acquires both in the opposite order: too late to meet.
 * EXPECT: nothing
 * EXPECT-FILTERED: ordered a b
 */
#include "case.h"

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

	lock(&a);
	pthread_create(&t, NULL, after, NULL);
	lock(&b);
	unlock(&b);
	unlock(&a);
	pthread_join(t, NULL);
	return 0;
}
