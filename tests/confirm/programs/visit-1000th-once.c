/*
 * A thread acquires a 1,200 times, and b inside it at the 1,000th visit alone; another thread
 * acquires b and then a once, some milliseconds later.
 * CAN: nothing orders the threads.
 */
#include "scene.h"

MUTEX(a);
MUTEX(b);

static void counting(void)
{
	for (int i = 1; i <= 1200; i++) {
		lock(a);
		if (i == 1000) {
			lock(b);
			unlock(b);
		}
		unlock(a);
		ms(0.01);
	}
}

static void once(void)
{
	ms(120);
	lock(b);
	lock(a);
	unlock(a);
	unlock(b);
}

int main(void)
{
	side_by_side(counting, once);
}
