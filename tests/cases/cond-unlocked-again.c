/*
 * A function waits on a condition many times with its mutex locked, and then once without.
 * EXPECT: cond-wait-unlocked a
 * EXPECT-STACK: waits
 */
#include "case.h"

enum { MANY = 20000 };

MUTEX(a);
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;

static __attribute__((noinline)) void waits(void)
{
	static const struct timespec past = {.tv_sec = 1};

	pthread_cond_timedwait(&c, &a, &past);
}

int main(void)
{
	for (volatile int i = 0; i <= MANY; i++) { /* volatile: all waits have one stack */
		if (i < MANY)
			lock(&a);
		waits();
		if (i < MANY)
			unlock(&a);
	}
	return 0;
}
