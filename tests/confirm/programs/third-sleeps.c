/*
 * A thread waits for an event; a third thread raises it in any case after 700 ms.
 * CAN: the first thread needs more than 700 ms between its locks.
 */
#include "scene.h"

MUTEX(a);
MUTEX(b);
EVENT(ready);
IN_ORDER(a_b, a, b)
IN_ORDER(b_a, b, a)
static atomic_bool done;

static void first(void)
{
	a_b();
	raise_event(&ready);
	done = true;
}

static void second(void)
{
	await_event(&ready, 1);
	b_a();
}

static void third(void)
{
	for (int i = 0; i < 70 && !done; i++)
		ms(10);
	raise_event(&ready);
}

int main(void)
{
	side_by_side(first, second, third);
}
