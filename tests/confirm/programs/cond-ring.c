/*
 * A cycle of three: two of the threads are ordered by a condition, the third one is free.
 * CANNOT: a cycle needs all its threads at once.
 * NEAR CAN: the condition is raised before the locks are acquired.
 */
#include "scene.h"

MUTEX(a);
MUTEX(b);
MUTEX(c);
EVENT(ready);
IN_ORDER(a_b, a, b)
IN_ORDER(b_c, b, c)
IN_ORDER(c_a, c, a)

static void first(void)
{
#ifdef NEAR
	raise_event(&ready);
	a_b();
#else
	a_b();
	raise_event(&ready);
#endif
}

static void second(void)
{
	await_event(&ready, 1);
	ms(3);
	b_c();
}

static void third(void)
{
	ms(6);
	c_a();
}

int main(void)
{
	side_by_side(first, second, third);
}
