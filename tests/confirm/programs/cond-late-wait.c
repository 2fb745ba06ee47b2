/*
 * A thread computes for a while, and then waits on a condition until the other one is ready; most
 * often it is by then.
 * CANNOT: the other one is ready after it has released its locks.
 * NEAR CAN: a wait of the thread has a limit, after which it goes on.
 */
#include "scene.h"

MUTEX(a);
MUTEX(b);
EVENT(ready);
IN_ORDER(a_b, a, b)
IN_ORDER(b_a, b, a)

static void first(void)
{
	ms(18);
	a_b();
	raise_event(&ready);
}

static void second(void)
{
#ifdef NEAR
	ms(8);
	await_event_for(&ready, 1, 30);
#else
	ms(25);
	await_event(&ready, 1);
#endif
	ms(2);
	b_a();
}

int main(void)
{
	side_by_side(first, second);
}
