/*
 * Two threads run the same code, which uses both lock orders.
 * EXPECT: lock-order a b
 */
#include "case.h"

MUTEX(a);
MUTEX(b);

IN_ORDER(a_then_b, a, b)
IN_ORDER(b_then_a, b, a)

static void both(void)
{
	a_then_b();
	b_then_a();
}

int main(void)
{
	in_turn(both, both);
	return 0;
}
