/*
 * A thread reads a byte from a pipe that the other one writes.
 * CANNOT: it is written after the locks are released.
 * NEAR CAN: it is written between the two locks.
 */
#include "scene.h"

MUTEX(a);
MUTEX(b);
IN_ORDER(b_a, b, a)
static int ends[2];

static void tell(void)
{
	if (write(ends[1], "!", 1) != 1)
		abort();
}

static void first(void)
{
	ms(1);
	lock(a);
#ifdef NEAR
	tell();
#endif
	lock(b);
	unlock(b);
	unlock(a);
#ifndef NEAR
	tell();
#endif
}

static void second(void)
{
	char byte;

	if (read(ends[0], &byte, 1) != 1)
		abort();
#ifdef NEAR
	ms(3);
#endif
	b_a();
}

int main(void)
{
	if (pipe(ends))
		return 1;
	side_by_side(first, second);
}
