/*
 * One of the two locks is the outermost of 181, and a third thread makes the cycle one of three.
 * EXPECT: lock-order a b
 * EXPECT: lock-order a b c
 */
#include "deep.h"

MUTEX(a);
MUTEX(b);
MUTEX(c);

static void a_far_b(void)
{
	lock(&a);
	go_down(0);
	lock(&b);
	unlock(&b);
	come_up(0);
	unlock(&a);
}

static void b_far_c(void)
{
	lock(&b);
	go_down(1);
	lock(&c);
	unlock(&c);
	come_up(1);
	unlock(&b);
}

static void c_then_a(void)
{
	lock(&c);
	lock(&a);
	unlock(&a);
	unlock(&c);
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
	in_turn(a_far_b, b_far_c, c_then_a, b_then_a);
	return 0;
}
