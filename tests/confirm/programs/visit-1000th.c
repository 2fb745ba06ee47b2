/*
 * A thread acquires a 1,200 times, and b inside it at the 1,000th visit alone; another thread
 * acquires b and then a again and again.
 * CAN: nothing orders the threads.
 */
#include "scene.h"

MUTEX(a);
MUTEX(b);
static atomic_bool over;

static void counting(void)
{
	for (int i = 1; i <= 1200; i++) {
		lock(a);
		if (i == 1000) {
			lock(b);
			unlock(b);
		}
		unlock(a);
		ms(0.02);
	}
	over = true;
}

static void again(void)
{
	while (!over) {
		lock(b);
		lock(a);
		unlock(a);
		unlock(b);
		ms(0.5);
	}
}

int main(void)
{
	side_by_side(counting, again);
}
