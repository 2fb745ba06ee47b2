/*
 * They meet, but one of them has a time limit and backs off.
 * EXPECT: nothing
 */
#include "case.h"

MUTEX(a);
MUTEX(b);

static void *a_then_b(void *arg)
{
	lock(&a);
	meet(2);
	lock(&b);
	unlock(&b);
	unlock(&a);
	return arg;
}

static void *b_timed_a(void *arg)
{
	struct timespec soon = in_ms(CLOCK_REALTIME, 50);
	lock(&b);
	meet(2);
	if (!pthread_mutex_timedlock(&a, &soon))
		unlock(&a);
	unlock(&b);
	return arg;
}

int main(void)
{
	pthread_t t, u;
	pthread_create(&t, NULL, a_then_b, NULL);
	pthread_create(&u, NULL, b_timed_a, NULL);
	pthread_join(t, NULL);
	pthread_join(u, NULL);
	return 0;
}
