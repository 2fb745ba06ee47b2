/*
 * One part of the cycle is at the start of its thread, the other one 80 ms later.
 * CAN: nothing orders the threads.
 */
#include "scene.h"

MUTEX(a);
MUTEX(b);
IN_ORDER(a_b, a, b)
IN_ORDER(b_a, b, a)

static void late(void)
{
	ms(80);
	b_a();
}

int main(void)
{
	side_by_side(a_b, late);
}
