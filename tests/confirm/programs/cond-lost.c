/*
 * A thread waits for one signal of a condition, of any thread.
 * CAN: a third thread signals at its start; if the thread waits by then, that ends its wait.
 */
#include "scene.h"

MUTEX(a);
MUTEX(b);
MUTEX(m);
IN_ORDER(a_b, a, b)
IN_ORDER(b_a, b, a)
static pthread_cond_t go = PTHREAD_COND_INITIALIZER;

static void first(void)
{
	ms(40);
	a_b();
	lock(m);
	pthread_cond_signal(&go);
	unlock(m);
}

static void second(void)
{
	ms(20);
	lock(m);
	pthread_cond_wait(&go, &m);
	unlock(m);
	b_a();
}

static void third(void)
{
	pthread_cond_signal(&go);
}

int main(void)
{
	side_by_side(first, second, third);
}
