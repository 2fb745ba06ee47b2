/*
 * Three threads take a permit each, which is all there are, and want another one.
 * EXPECT: pool-deadlock s
 * EXPECT-STACK: wants_two
 */
#include "case.h"

static sem_t s;

static void *wants_two(void *arg)
{
	sem_wait(&s);
	meet(3);
	sem_wait(&s);
	return arg;
}

int main(void)
{
	pthread_t t[3];
	sem_init(&s, 0, 3);
	for (int i = 0; i < 3; i++)
		pthread_create(&t[i], NULL, wants_two, NULL);
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	return 0;
}
