/*
 * As deep-gate, but one thread has released the gate lock before: there are 179 locks above it.
 * EXPECT: lock-order a b
 */
#include "deep.h"

MUTEX(gate);
MUTEX(a);
MUTEX(b);

static void a_then_b(void)
{
	lock(&gate);
	go_down(0);
	unlock(&gate);
	lock(&a);
	lock(&b);
	unlock(&b);
	unlock(&a);
	come_up(0);
}

static void b_then_a(void)
{
	lock(&gate);
	go_down(1);
	lock(&b);
	lock(&a);
	unlock(&a);
	unlock(&b);
	come_up(1);
	unlock(&gate);
}

int main(void)
{
	in_turn(a_then_b, b_then_a);
	return 0;
}
