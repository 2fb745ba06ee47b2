/*
 * Each order is under a gate lock of its own.
 * EXPECT: lock-order a b
 */
#include "case.h"

MUTEX(g);
MUTEX(h);
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

static void h_b_a(void)
{
	lock(&h);
	lock(&b);
	lock(&a);
	unlock(&a);
	unlock(&b);
	unlock(&h);
}

int main(void)
{
	in_turn(g_a_b, h_b_a);
	return 0;
}
