/*
 * Both orders are under one gate lock: they exclude each other.
 * EXPECT: nothing
 * EXPECT-FILTERED: gate a b
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

static void g_b_a(void)
{
	lock(&g);
	lock(&b);
	lock(&a);
	unlock(&a);
	unlock(&b);
	unlock(&g);
}

int main(void)
{
	in_turn(g_a_b, g_b_a);
	return 0;
}
