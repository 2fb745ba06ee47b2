/*
 * A thread waits on a condition until the other one says that it is ready.
 * CANNOT: it says so after it has released its locks, and only once.
 * NEAR CAN: it says so between its two locks.
 */
#include "scene.h"

MUTEX(a);
MUTEX(b);
EVENT(ready);
IN_ORDER(b_a, b, a)

static void first(void)
{
	lock(a);
#ifdef NEAR
	raise_event(&ready);
#endif
	lock(b);
	unlock(b);
	unlock(a);
#ifndef NEAR
	raise_event(&ready);
#endif
}

static void second(void)
{
	await_event(&ready, 1);
	ms(2);
	b_a();
}

int main(void)
{
	side_by_side(first, second);
}
