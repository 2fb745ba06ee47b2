/*
 * A thread waits on a condition until the other one is ready; a third thread watches the time.
 * CANNOT: the third thread raises nothing.
 * NEAR CAN: the third thread raises the event after 60 ms, if it was not raised by then.
 */
#include "scene.h"

MUTEX(a);
MUTEX(b);
EVENT(ready);
static atomic_bool over;
IN_ORDER(a_b, a, b)
IN_ORDER(b_a, b, a)

static void first(void)
{
	ms(1);
	a_b();
	raise_event(&ready);
}

static void second(void)
{
	await_event(&ready, 1);
	b_a();
	over = true;
}

static void watchdog(void)
{
	for (int i = 0; i < 60 && !over; i++)
		ms(1);
#ifdef NEAR
	if (!over)
		raise_event(&ready);
#endif
}

int main(void)
{
	side_by_side(first, second, watchdog);
}
