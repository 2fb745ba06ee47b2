/*
 * Two semaphores, used as locks, in one order.
 * EXPECT: nothing
 */
#include "case.h"

static sem_t s, t;

static void s_t(void)
{
	for (int i = 0; i < 3; i++) {
		sem_wait(&s);
		sem_wait(&t);
		sem_post(&t);
		sem_post(&s);
	}
}

int main(void)
{
	sem_init(&s, 0, 1);
	sem_init(&t, 0, 1);
	in_turn(s_t, s_t);
	return 0;
}
