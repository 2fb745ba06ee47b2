/*
 * No cycle: a before b before c, and a before c.
 * EXPECT: nothing
 */
#include "case.h"

MUTEX(a);
MUTEX(b);
MUTEX(c);

IN_ORDER(a_b, a, b)
IN_ORDER(b_c, b, c)
IN_ORDER(a_c, a, c)

int main(void)
{
	in_turn(a_b, b_c, a_c);
	return 0;
}
