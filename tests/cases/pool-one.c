/*
 * A counting semaphore of which each thread takes one permit.
 * EXPECT: nothing
 */
#include "case.h"

static sem_t s;

static void takes_one(void)
{
	for (int i = 0; i < 3; i++) {
		sem_wait(&s);
		sem_post(&s);
	}
}

int main(void)
{
	sem_init(&s, 0, 2);
	in_turn(takes_one, takes_one);
	return 0;
}
