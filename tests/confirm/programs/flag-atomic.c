/*
 * A thread spins until the other one has set an atomic flag.
 * CANNOT: the flag is set after the locks are released.
 * NEAR CAN: the flag is set between the two locks.
 */
#include "scene.h"
#include <sched.h>

MUTEX(a);
MUTEX(b);
static atomic_bool ready;
IN_ORDER(b_a, b, a)

static void first(void)
{
	ms(1);
	lock(a);
#ifdef NEAR
	ready = true;
#endif
	lock(b);
	unlock(b);
	unlock(a);
	ready = true;
}

static void second(void)
{
	while (!ready)
		sched_yield();
#ifdef NEAR
	ms(2);
#endif
	b_a();
}

int main(void)
{
	side_by_side(first, second);
}
