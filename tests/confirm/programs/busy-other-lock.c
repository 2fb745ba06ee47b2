/*
 * A thread waits on a condition while `busy` is set, and reads it under another lock than that of
 * the condition. The other thread sets it, takes its locks, and clears it.
 * CAN: the thread comes before it is set.
 */
#include "scene.h"

MUTEX(a);
MUTEX(b);
MUTEX(m);
IN_ORDER(a_b, a, b)
IN_ORDER(b_a, b, a)
static pthread_rwlock_t guard = PTHREAD_RWLOCK_INITIALIZER; /* guards busy */
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool busy;

static void set_busy(bool to)
{
	pthread_rwlock_wrlock(&guard);
	busy = to;
	pthread_rwlock_unlock(&guard);
}

static bool is_busy(void)
{
	pthread_rwlock_rdlock(&guard);
	bool is = busy;
	pthread_rwlock_unlock(&guard);
	return is;
}

static void first(void)
{
	set_busy(true);
	ms(40);
	a_b();
	set_busy(false);
	lock(m);
	pthread_cond_broadcast(&changed);
	unlock(m);
}

static void second(void)
{
	ms(20);
	lock(m);
	while (is_busy())
		pthread_cond_wait(&changed, &m);
	unlock(m);
	b_a();
}

int main(void)
{
	side_by_side(first, second);
}
