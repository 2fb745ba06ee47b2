/*
 * A thread waits for the other one, but not longer than 15 ms, as often as it must.
 * CANNOT: it waits again until the other one has released its locks.
 * NEAR CAN: it goes on after the first 15 ms, and the other one comes after 13.
 */
#include "scene.h"

MUTEX(a);
MUTEX(b);
EVENT(ready);
IN_ORDER(a_b, a, b)
IN_ORDER(b_a, b, a)

static void first(void)
{
	ms(13);
	a_b();
	raise_event(&ready);
}

static void second(void)
{
#ifdef NEAR
	await_event_for(&ready, 1, 15);
#else
	while (!await_event_for(&ready, 1, 15))
		;
#endif
	b_a();
}

int main(void)
{
	side_by_side(first, second);
}
