/*
 * Two semaphores with one permit each, used as locks, in two orders.
 * CAN: nothing orders the threads.
 */
#include "scene.h"

static sem_t a, b;

static void a_b(void)
{
	sem_wait(&a);
	sem_wait(&b);
	sem_post(&b);
	sem_post(&a);
}

static void b_a(void)
{
	ms(5);
	sem_wait(&b);
	sem_wait(&a);
	sem_post(&a);
	sem_post(&b);
}

int main(void)
{
	sem_init(&a, 0, 1);
	sem_init(&b, 0, 1);
	side_by_side(a_b, b_a);
}
