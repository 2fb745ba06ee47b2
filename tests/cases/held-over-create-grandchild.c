/*
 * The new thread gives the creator's lock back and creates another one, which takes both the
 * other way round without having taken the first alone.
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
