/*
 * Another thread acquires two locks in the other order while the first worker lives. Many more
 * workers follow, which are ordered with it.
 * EXPECT: lock-order a b
 */
#include "case.h"

MUTEX(a);
MUTEX(b);
IN_ORDER(a_to_b, a, b)
IN_ORDER(b_to_a, b, a)

int main(void)
{
	in_turn(a_to_b, b_to_a);
	for (int i = 0; i < 70; i++)
		in_thread(a_to_b);
	return 0;
}
