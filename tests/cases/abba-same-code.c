/*
 * Two threads run the same code, which uses both lock orders.
 * EXPECT: lock-order a b
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

static void both(void)
{
	a_then_b();
	b_then_a();
}

int main(void)
{
	in_turn(both, both);
	return 0;
}
