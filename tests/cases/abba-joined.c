/*
 * The first thread is joined before the second is created: they cannot run at the same time.
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
	in_thread(a_b);
	in_thread(b_a);
	return 0;
}
