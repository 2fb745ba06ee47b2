/*
 * Two threads meet at a barrier of the program's own, with a mutex and a condition.
 * CANNOT: one thread uses the locks before the barrier, the other behind it.
 * NEAR CAN: both use them behind it.
 */
#include "scene.h"

MUTEX(a);
MUTEX(b);
EVENT(barrier);
IN_ORDER(a_b, a, b)
IN_ORDER(b_a, b, a)

static void arrive(void)
{
	raise_event(&barrier);
	await_event(&barrier, 2);
}

static void first(void)
{
#ifdef NEAR
	arrive();
	a_b();
#else
	a_b();
	arrive();
#endif
}

static void second(void)
{
	arrive();
	ms(2);
	b_a();
}

int main(void)
{
	side_by_side(first, second);
}
