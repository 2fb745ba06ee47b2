/*
 * A thread waits for the state IDLE. The other one sets BUSY, takes its locks, and sets IDLE.
 * CAN: the thread comes before it is BUSY.
 */
#include "scene.h"

MUTEX(a);
MUTEX(b);
MUTEX(m);
IN_ORDER(a_b, a, b)
IN_ORDER(b_a, b, a)
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static enum { IDLE, BUSY } state;

static void set_state(int to)
{
	lock(m);
	state = to;
	pthread_cond_broadcast(&changed);
	unlock(m);
}

static void first(void)
{
	set_state(BUSY);
	ms(40);
	a_b();
	set_state(IDLE);
}

static void second(void)
{
	ms(20);
	lock(m);
	while (state != IDLE)
		pthread_cond_wait(&changed, &m);
	unlock(m);
	b_a();
}

int main(void)
{
	side_by_side(first, second);
}
