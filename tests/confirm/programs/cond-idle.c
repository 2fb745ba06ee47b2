/*
 * A thread waits until nobody is active. The other one counts itself in before it takes its locks.
 * CAN: the thread comes before that, and finds nobody active.
 */
#include "scene.h"

MUTEX(a);
MUTEX(b);
MUTEX(m);
IN_ORDER(a_b, a, b)
IN_ORDER(b_a, b, a)
static pthread_cond_t idle = PTHREAD_COND_INITIALIZER;
static int active;

static void first(void)
{
	lock(m);
	active++;
	unlock(m);
	ms(40);
	a_b();
	lock(m);
	if (!--active)
		pthread_cond_broadcast(&idle);
	unlock(m);
}

static void second(void)
{
	ms(20);
	lock(m);
	while (active)
		pthread_cond_wait(&idle, &m);
	unlock(m);
	b_a();
}

int main(void)
{
	side_by_side(first, second);
}
