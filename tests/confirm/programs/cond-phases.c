/*
 * Four threads work in two phases: in the first all use two locks in one order, in the second in
 * the other order.
 * CANNOT: the second phase begins when all four have finished the first.
 * NEAR CAN: it begins when three have.
 */
#include "scene.h"

MUTEX(a);
MUTEX(b);
EVENT(finished);
IN_ORDER(a_b, a, b)
IN_ORDER(b_a, b, a)

static void *worker(void *arg)
{
	ms(1 + 2 * (int)(long)arg);
	a_b();
	raise_event(&finished);
#ifdef NEAR
	await_event(&finished, 3);
	ms(6);
#else
	await_event(&finished, 4);
#endif
	b_a();
	return NULL;
}

int main(void)
{
	pthread_t thread[4];

	for (long i = 0; i < 4; i++)
		pthread_create(&thread[i], NULL, worker, (void *)i);
	for (int i = 0; i < 4; i++)
		pthread_join(thread[i], NULL);
}
