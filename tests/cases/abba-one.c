/*
 * One thread uses both lock orders; no second thread does.
 * EXPECT: nothing
 * EXPECT-FILTERED: threads a b
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
	in_turn(both);
	return 0;
}
