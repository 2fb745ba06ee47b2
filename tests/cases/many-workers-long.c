/*
 * One worker lives while many others come and go that acquire the same two locks in the same order.
 * Another thread, which comes after them, acquires them in the other order while the worker lives.
 * EXPECT: lock-order a b
 */
#include "case.h"

MUTEX(a);
MUTEX(b);
IN_ORDER(a_to_b, a, b)
IN_ORDER(b_to_a, b, a)
static volatile int step;

static void *long_lived(void *unused)
{
	a_to_b();
	step = 1;
	while (step < 2)
		sched_yield();
	return unused;
}

int main(void)
{
	pthread_t t;

	for (int i = 0; i < 3; i++)
		in_thread(a_to_b);
	pthread_create(&t, NULL, long_lived, NULL);
	while (step < 1)
		sched_yield();
	for (int i = 0; i < 70; i++)
		in_thread(a_to_b);
	in_thread(b_to_a);
	step = 2;
	pthread_join(t, NULL);
	return 0;
}
