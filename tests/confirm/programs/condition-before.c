/*
 * Both threads wait for main's start signal on a condition; then they acquire two locks in two
 * orders.
 * CAN: the condition orders main before both threads, and these not at all.
 */
#include "scene.h"

MUTEX(a);
MUTEX(b);
EVENT(go);
IN_ORDER(a_b, a, b)
IN_ORDER(b_a, b, a)

static void *first(void *arg)
{
	await_event(&go, 1);
	a_b();
	return arg;
}

static void *second(void *arg)
{
	await_event(&go, 1);
	ms(5);
	b_a();
	return arg;
}

int main(void)
{
	pthread_t t1, t2;

	pthread_create(&t1, NULL, first, NULL);
	pthread_create(&t2, NULL, second, NULL);
	ms(2);
	raise_event(&go);
	pthread_join(t1, NULL);
	pthread_join(t2, NULL);
}
