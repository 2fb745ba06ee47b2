/*
 * Only one of the two orders is under the gate lock.
 * EXPECT: lock-order a b
 */
#include "case.h"

MUTEX(g);
MUTEX(a);
MUTEX(b);

static void g_a_b(void)
{
	lock(&g);
	lock(&a);
	lock(&b);
	unlock(&b);
	unlock(&a);
	unlock(&g);
}

static void b_a(void)
{
	lock(&b);
	lock(&a);
	unlock(&a);
	unlock(&b);
}

int main(void)
{
	in_turn(g_a_b, b_a);
	return 0;
}
