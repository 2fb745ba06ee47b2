/*
 * A thread waits until a counter says that both workers have finished.
 * CANNOT: each worker counts after it has released its locks, and two are waited for.
 * NEAR CAN: one is waited for.
 */
#include "scene.h"

MUTEX(a);
MUTEX(b);
EVENT(finished);
IN_ORDER(a_b, a, b)
IN_ORDER(b_a, b, a)

static void worker(void)
{
	a_b();
	raise_event(&finished);
}

static void late_worker(void)
{
	ms(3);
	worker();
}

static void collector(void)
{
#ifdef NEAR
	await_event(&finished, 1);
	ms(8);
#else
	await_event(&finished, 2);
#endif
	b_a();
}

int main(void)
{
	side_by_side(worker, late_worker, collector);
}
