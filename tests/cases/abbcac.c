/*
 * No cycle: a before b before c, and a before c.
 * EXPECT: nothing
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

static void a_c(void)
{
	lock(&a);
	lock(&c);
	unlock(&c);
	unlock(&a);
}

int main(void)
{
	in_turn(a_b, b_c, a_c);
	return 0;
}
