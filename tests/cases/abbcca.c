/*
 * A cycle of three locks.
 * EXPECT: lock-order a b c
 * EXPECT-STACK: a_b, b_c, c_a
 */
#include "case.h"

MUTEX(a);
MUTEX(b);
MUTEX(c);

IN_ORDER(a_b, a, b)
IN_ORDER(b_c, b, c)
IN_ORDER(c_a, c, a)

int main(void)
{
	in_turn(a_b, b_c, c_a);
	return 0;
}
