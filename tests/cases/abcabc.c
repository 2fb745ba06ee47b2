/*
 * Three locks in one order.
 * EXPECT: nothing
 */
#include "case.h"

MUTEX(a);
MUTEX(b);
MUTEX(c);

static void a_b_c(void)
{
	lock(&a);
	lock(&b);
	lock(&c);
	unlock(&c);
	unlock(&b);
	unlock(&a);
}

int main(void)
{
	in_turn(a_b_c, a_b_c, a_b_c);
	return 0;
}
