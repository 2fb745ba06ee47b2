/*
 * main uses one lock order before it creates the thread that uses the other.
 * EXPECT: nothing
 * EXPECT-FILTERED: ordered a b
 */
#include "case.h"

MUTEX(a);
MUTEX(b);

IN_ORDER(a_b, a, b)
IN_ORDER(b_a, b, a)

int main(void)
{
	a_b();
	in_thread(b_a);
	return 0;
}
