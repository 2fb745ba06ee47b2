/*
 * One part of the cycle is at the start of its thread; the other thread computes for some 60 ms
 * first, and uses locks while it does.
 * CAN: nothing orders the threads.
 */
#include "scene.h"

MUTEX(a);
MUTEX(b);
MUTEX(sum_lock);
IN_ORDER(a_b, a, b)
IN_ORDER(b_a, b, a)
static volatile unsigned long sum;

static void early(void)
{
	a_b();
}

static void late(void)
{
	for (int i = 0; i < 600; i++) {
		for (int j = 0; j < 50000; j++)
			sum += (unsigned long)j * j;
		lock(sum_lock);
		sum /= 2;
		unlock(sum_lock);
	}
	b_a();
}

int main(void)
{
	side_by_side(early, late);
}
