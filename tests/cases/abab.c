/*
 * Two threads acquire two locks in one order.
 * EXPECT: nothing
 */
#include "case.h"

MUTEX(a);
MUTEX(b);

static void a_then_b(void)
{
	lock(&a);
	lock(&b);
	unlock(&b);
	unlock(&a);
}

int main(void)
{
	in_turn(a_then_b, a_then_b);
	return 0;
}
