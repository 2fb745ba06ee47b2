/*
 * Threads that hold one permit of two want another one.
 * EXPECT: pool-deadlock s
 */
#include "case.h"

static sem_t s;

static void takes_two(void)
{
	for (int i = 0; i < 3; i++) {
		sem_wait(&s);
		sem_wait(&s);
		sem_post(&s);
		sem_post(&s);
	}
}

int main(void)
{
	sem_init(&s, 0, 2);
	in_turn(takes_two, takes_two);
	return 0;
}
