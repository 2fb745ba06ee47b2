/*
 * Two threads post a semaphore behind their work, and a third one waits for it.
 * CANNOT: it waits twice.
 * NEAR CAN: it waits once, and the post may be that of the other thread.
 */
#include "scene.h"

MUTEX(a);
MUTEX(b);
static sem_t finished;
IN_ORDER(a_b, a, b)
IN_ORDER(b_a, b, a)

static void worker(void)
{
	a_b();
	sem_post(&finished);
}

static void other_worker(void)
{
	ms(2);
	sem_post(&finished);
}

static void collector(void)
{
	sem_wait(&finished);
#ifndef NEAR
	sem_wait(&finished);
#endif
	ms(4);
	b_a();
}

int main(void)
{
	sem_init(&finished, 0, 0);
	side_by_side(worker, other_worker, collector);
}
