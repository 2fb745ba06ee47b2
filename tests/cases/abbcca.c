/*
 * A cycle of three locks.
 * EXPECT: lock-order a b c
 * EXPECT-STACK: a_b, b_c, c_a
 */
#include "case.h"

MUTEX(a);
MUTEX(b);
MUTEX(c);

static void a_b(void)
{
	lock(&a);
	lock(&b);
	unlock(&b);
	unlock(&a);
}

static void b_c(void)
{
	lock(&b);
	lock(&c);
	unlock(&c);
	unlock(&b);
}

static void c_a(void)
{
	lock(&c);
	lock(&a);
	unlock(&a);
	unlock(&c);
}

int main(void)
{
	in_turn(a_b, b_c, c_a);
	return 0;
}
