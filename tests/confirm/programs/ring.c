/*
 * N threads, each of which acquires its own lock and then the next one's, 3 ms after the thread
 * before.
 * CAN: nothing orders the threads.
 */
#include "scene.h"

#ifndef N
#define N 2
#endif

static pthread_mutex_t ring[N];

static void *around(void *arg)
{
	int i = (int)(long)arg;

	ms(3 * i);
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
