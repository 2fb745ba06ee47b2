/*
 * A thread polls an atomic flag that the other one sets behind its work.
 * CANNOT: it polls until the flag is set.
 * NEAR CAN: it polls for 300 ms at most.
 */
#include "scene.h"

MUTEX(a);
MUTEX(b);
static atomic_bool ready;
IN_ORDER(a_b, a, b)
IN_ORDER(b_a, b, a)

static void first(void)
{
	ms(1);
	a_b();
	ready = true;
}

static void second(void)
{
#ifdef NEAR
	for (int i = 0; i < 300 && !ready; i++)
#else
	while (!ready)
#endif
		ms(1);
	b_a();
}

int main(void)
{
	side_by_side(first, second);
}
