/*
 * One call site, reached through two different callers: two stacks, and both are reported.
 * EXPECT: lock-order a b
 * EXPECT-STACK: by_left, by_right
 */
#include "case.h"

MUTEX(a);
MUTEX(b);

static __attribute__((noinline)) void take(pthread_mutex_t *x, pthread_mutex_t *y)
{
	lock(x);
	lock(y);
	unlock(y);
	unlock(x);
}

static void by_left(void)
{
	take(&a, &b);
}

static void by_right(void)
{
	take(&b, &a);
}

static void warm(void)
{
	for (int i = 0; i < 100; i++)
		by_left();
}

int main(void)
{
	in_turn(warm, by_right);
	return 0;
}
