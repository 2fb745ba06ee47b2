/*
 * main uses one lock order while the thread that uses the other is alive.
 * EXPECT: lock-order a b
 */
#include "case.h"

MUTEX(a);
MUTEX(b);

IN_ORDER(a_b, a, b)
IN_ORDER(b_a, b, a)

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
