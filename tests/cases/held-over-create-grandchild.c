/*
 * The new thread releases the creator's lock and creates another thread, which acquires both locks
 * in the opposite order, without having acquired the first one alone.
 * EXPECT: nothing
 * EXPECT-FILTERED: ordered a b
 */
#include "case.h"

MUTEX(a);
MUTEX(b);

static void *last(void *none)
{
	lock(&b);
	lock(&a);
	unlock(&a);
	unlock(&b);
	return none;
}

static void *after(void *none)
{
	pthread_t t;

	lock(&a);
	unlock(&a);
	pthread_create(&t, NULL, last, NULL);
	pthread_join(t, NULL);
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
