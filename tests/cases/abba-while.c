/*
 * main uses one lock order while the thread that uses the other is alive.
 * EXPECT: lock-order a b
 */
#include "case.h"

MUTEX(a);
MUTEX(b);

static void a_b(void)
{
	lock(&a);
	lock(&b);
	unlock(&b);
	unlock(&a);
}

static void b_a(void)
{
	lock(&b);
	lock(&a);
	unlock(&a);
	unlock(&b);
}

static volatile int done;

static void *thread(void *arg)
{
	b_a();
	done = 1;
	return arg;
}

int main(void)
{
	pthread_t t;
	pthread_create(&t, NULL, thread, NULL);
	while (!done)
		sched_yield();
	a_b();
	pthread_join(t, NULL);
	return 0;
}
