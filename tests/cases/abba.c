/*
 * Two locks in two orders, one thread at a time: nothing hangs in this run.
 * EXPECT: lock-order a b
 * EXPECT-STACK: a_then_b, b_then_a
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

static void b_then_a(void)
{
	lock(&b);
	lock(&a);
	unlock(&a);
	unlock(&b);
}

int main(void)
{
	in_turn(a_then_b, b_then_a);
	return 0;
}
