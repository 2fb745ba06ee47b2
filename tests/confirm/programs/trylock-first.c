/*
 * A thread has its first lock from a trylock, and waits for the second.
 * CAN: nothing orders the threads.
 */
#include "scene.h"

MUTEX(a);
MUTEX(b);

static void try_a_b(void)
{
	if (pthread_mutex_trylock(&a))
		return;
	lock(b);
	unlock(b);
	unlock(a);
}

static void b_a(void)
{
	ms(5);
	lock(b);
	lock(a);
	unlock(a);
	unlock(b);
}

int main(void)
{
	side_by_side(try_a_b, b_a);
}
