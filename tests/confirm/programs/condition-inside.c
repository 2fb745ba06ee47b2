/*
 * A thread waits for a tick of a clock thread between its two locks.
 * CAN: the clock thread ticks without any lock of the cycle.
 */
#include "scene.h"

MUTEX(a);
MUTEX(b);
EVENT(tick);

static void clock_thread(void)
{
	for (int i = 0; i < 20; i++) {
		ms(1);
		raise_event(&tick);
	}
}

static void ticked(void)
{
	lock(a);
	await_event(&tick, 3);
	lock(b);
	unlock(b);
	unlock(a);
}

static void other(void)
{
	ms(10);
	lock(b);
	lock(a);
	unlock(a);
	unlock(b);
}

int main(void)
{
	side_by_side(clock_thread, ticked, other);
}
