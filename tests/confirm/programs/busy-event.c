/*
 * An event is made of a mutex and a semaphore for the waiter. One thread clears it, takes its
 * locks, and sets it; the other one waits for it.
 * CAN: the other thread comes before the event is cleared.
 */
#include "scene.h"

MUTEX(a);
MUTEX(b);
MUTEX(m);
IN_ORDER(a_b, a, b)
IN_ORDER(b_a, b, a)
static sem_t wake;
static bool set = true, waiting;

static void set_event(bool to)
{
	lock(m);
	set = to;
	if (set && waiting)
		sem_post(&wake);
	unlock(m);
}

static void wait_for_event(void)
{
	lock(m);
	waiting = !set;
	bool must_wait = waiting;
	unlock(m);
	if (must_wait)
		sem_wait(&wake);
}

static void first(void)
{
	set_event(false);
	ms(40);
	a_b();
	set_event(true);
}

static void second(void)
{
	ms(20);
	wait_for_event();
	b_a();
}

int main(void)
{
	sem_init(&wake, 0, 0);
	side_by_side(first, second);
}
