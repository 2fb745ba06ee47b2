/*
 * Five threads with the same code, each of which acquires its own lock and then the next one's;
 * they come in another order than the ring's.
 * CAN: nothing orders the threads.
 */
#include "scene.h"

enum { N = 5 };

static pthread_mutex_t ring[N];

static void *around(void *arg)
{
	int i = (int)(long)arg;

	ms(3 * (i * 3 % N));
	lock(ring[i]);
	lock(ring[(i + 1) % N]);
	unlock(ring[(i + 1) % N]);
	unlock(ring[i]);
	return NULL;
}

int main(void)
{
	pthread_t thread[N];

	for (int i = 0; i < N; i++)
		pthread_mutex_init(&ring[i], NULL);
	for (long i = 0; i < N; i++)
		pthread_create(&thread[i], NULL, around, (void *)i);
	for (int i = 0; i < N; i++)
		pthread_join(thread[i], NULL);
}
