/*
 * A cycle at the end of a longer path: a before b before d before a.
 * EXPECT: lock-order a b d
 */
#include "case.h"

MUTEX(a);
MUTEX(b);
MUTEX(c);

MUTEX(d);

IN_ORDER(a_b, a, b)
IN_ORDER(c_d, c, d)
IN_ORDER(b_d, b, d)
IN_ORDER(d_a, d, a)

int main(void)
{
	in_turn(a_b, c_d, b_d, d_a);
	return 0;
}
