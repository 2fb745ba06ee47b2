/*
 * The first thread tells a third one, which tells the second.
 * CANNOT: the third thread waits for the first.
 * NEAR CAN: the third thread does not wait.
 */
#include "scene.h"

MUTEX(a);
MUTEX(b);
EVENT(told_third);
EVENT(told_second);
IN_ORDER(a_b, a, b)
IN_ORDER(b_a, b, a)

static void first(void)
{
	a_b();
	raise_event(&told_third);
}

static void third(void)
{
#ifndef NEAR
	await_event(&told_third, 1);
#endif
	raise_event(&told_second);
}

static void second(void)
{
	await_event(&told_second, 1);
	ms(4);
	b_a();
}

int main(void)
{
	side_by_side(first, third, second);
}
