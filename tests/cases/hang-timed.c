/*
 * Two threads meet, but one of the waits is timed and its thread gives up.
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
