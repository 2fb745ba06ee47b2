/*
 * A thread waits for a semaphore that the other one posts.
 * CANNOT: it posts after it has released its locks, and the semaphore begins with 0.
 * NEAR CAN: the semaphore begins with 1.
 */
#include "scene.h"

MUTEX(a);
MUTEX(b);
static sem_t ready;
IN_ORDER(a_b, a, b)
IN_ORDER(b_a, b, a)

static void first(void)
{
	a_b();
	sem_post(&ready);
}

static void second(void)
{
	sem_wait(&ready);
	ms(3);
	b_a();
}

int main(void)
{
#ifdef NEAR
	sem_init(&ready, 0, 1);
#else
	sem_init(&ready, 0, 0);
#endif
	side_by_side(first, second);
}
