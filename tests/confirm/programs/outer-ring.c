/*
 * A cycle of three among four threads. Two of the threads share an outer lock; the fourth runs the
 * code of one of them without it.
 * CAN: with the fourth thread.
 */
#include "scene.h"

MUTEX(outer);
MUTEX(a);
MUTEX(b);
MUTEX(c);
IN_ORDER(a_b, a, b)
IN_ORDER(b_c, b, c)
IN_ORDER(c_a, c, a)

static void first(void)
{
	lock(outer);
	a_b();
	unlock(outer);
}

static void second(void)
{
	ms(3);
	lock(outer);
	b_c();
	unlock(outer);
}

static void third(void)
{
	ms(6);
	c_a();
}

static void fourth(void)
{
	ms(9);
	b_c();
}

int main(void)
{
	side_by_side(first, second, third, fourth);
}
