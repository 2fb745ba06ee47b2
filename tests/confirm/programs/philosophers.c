/*
 * Five philosophers, each of whom takes the left fork and then the right one, ten times.
 * CAN: if each has the left fork.
 */
#include "scene.h"

enum { PHILOSOPHERS = 5 };

static pthread_mutex_t fork_of[PHILOSOPHERS];

static void *dine(void *arg)
{
	int left = (int)(long)arg, right = (left + 1) % PHILOSOPHERS;

	for (int i = 0; i < 10; i++) {
		ms(0.2 + 0.1 * left); /* thinks */
		lock(fork_of[left]);
		lock(fork_of[right]);
		unlock(fork_of[right]);
		unlock(fork_of[left]);
	}
	return NULL;
}

int main(void)
{
	pthread_t thread[PHILOSOPHERS];

	for (int i = 0; i < PHILOSOPHERS; i++)
		pthread_mutex_init(&fork_of[i], NULL);
	for (long i = 0; i < PHILOSOPHERS; i++)
		pthread_create(&thread[i], NULL, dine, (void *)i);
	for (int i = 0; i < PHILOSOPHERS; i++)
		pthread_join(thread[i], NULL);
}
