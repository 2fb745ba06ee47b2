/*
 * Workers that are joined one by one acquire two locks in one order: more than a dependency keeps.
 * Another thread, which lives only as long as the last worker, acquires them in the other order.
 * EXPECT: lock-order a b
 */
#include "case.h"

MUTEX(a);
MUTEX(b);
IN_ORDER(a_to_b, a, b)
IN_ORDER(b_to_a, b, a)

int main(void)
{
	for (int i = 0; i < 70; i++)
		in_thread(a_to_b);
	in_turn(a_to_b, b_to_a);
	return 0;
}
