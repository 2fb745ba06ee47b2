/*
 * A cycle of four locks; each thread has code of its own, and comes in another order than the
 * ring's.
 * CAN: nothing orders the threads.
 */
#include "scene.h"

MUTEX(a);
MUTEX(b);
MUTEX(c);
MUTEX(d);
IN_ORDER(a_b, a, b)
IN_ORDER(b_c, b, c)
IN_ORDER(c_d, c, d)
IN_ORDER(d_a, d, a)

static void first(void)
{
	ms(9);
	a_b();
}
static void second(void)
{
	b_c();
}
static void third(void)
{
	ms(3);
	c_d();
}
static void fourth(void)
{
	ms(6);
	d_a();
}

int main(void)
{
	side_by_side(first, second, third, fourth);
}
