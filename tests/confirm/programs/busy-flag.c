/*
 * A thread polls a flag until it is not set. The other one sets the flag, takes its locks, and
 * clears the flag.
 * CAN: the thread comes before the flag is set.
 */
#include "scene.h"

MUTEX(a);
MUTEX(b);
IN_ORDER(a_b, a, b)
IN_ORDER(b_a, b, a)
static atomic_bool busy;

static void first(void)
{
	busy = true;
	ms(40);
	a_b();
	busy = false;
}

static void second(void)
{
	ms(20);
	while (busy)
		ms(1);
	b_a();
}

int main(void)
{
	side_by_side(first, second);
}
