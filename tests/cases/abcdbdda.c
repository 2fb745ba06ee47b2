/*
 * A cycle at the end of a longer path: a before b before d before a.
 * EXPECT: lock-order a b d
 */
#include "case.h"

MUTEX(a);
MUTEX(b);
MUTEX(c);

MUTEX(d);

static void a_b(void)
{
	lock(&a);
	lock(&b);
	unlock(&b);
	unlock(&a);
}

static void c_d(void)
{
	lock(&c);
	lock(&d);
	unlock(&d);
	unlock(&c);
}

static void b_d(void)
{
	lock(&b);
	lock(&d);
	unlock(&d);
	unlock(&b);
}

static void d_a(void)
{
	lock(&d);
	lock(&a);
	unlock(&a);
	unlock(&d);
}

int main(void)
{
	in_turn(a_b, c_d, b_d, d_a);
	return 0;
}
