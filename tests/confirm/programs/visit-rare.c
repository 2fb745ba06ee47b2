/*
 * Two threads acquire a lock of their own 3,000 times, and the other's inside it at one visit of a
 * thousand.
 * CAN: nothing orders the threads.
 */
#include "scene.h"

MUTEX(a);
MUTEX(b);

static void a_sometimes_b(void)
{
	for (int i = 1; i <= 3000; i++) {
		lock(a);
		if (i % 1000 == 300) {
			lock(b);
			unlock(b);
		}
		unlock(a);
		if (i % 50 == 0)
			ms(1);
	}
}

static void b_sometimes_a(void)
{
	for (int i = 1; i <= 3000; i++) {
		lock(b);
		if (i % 1000 == 700) {
			lock(a);
			unlock(a);
		}
		unlock(b);
		if (i % 50 == 0)
			ms(1);
	}
}

int main(void)
{
	side_by_side(a_sometimes_b, b_sometimes_a);
}
