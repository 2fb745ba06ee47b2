/*
 * Three threads pass a token around with semaphores, ten times; with the token each uses its own
 * lock and then the next one's.
 * CANNOT: there is one token.
 * NEAR CAN: there are three.
 */
#include "scene.h"

enum { THREADS = 3, ROUNDS = 10 };

static pthread_mutex_t ring[THREADS];
static sem_t token[THREADS];

static void *around(void *arg)
{
	int i = (int)(long)arg, next = (i + 1) % THREADS;

	for (int round = 0; round < ROUNDS; round++) {
		sem_wait(&token[i]);
#ifdef NEAR
		ms(i);
#endif
		lock(ring[i]);
		lock(ring[next]);
		unlock(ring[next]);
		unlock(ring[i]);
		sem_post(&token[next]);
	}
	return NULL;
}

int main(void)
{
	pthread_t thread[THREADS];

	for (int i = 0; i < THREADS; i++) {
		pthread_mutex_init(&ring[i], NULL);
#ifdef NEAR
		sem_init(&token[i], 0, 1);
#else
		sem_init(&token[i], 0, i == 0);
#endif
	}
	for (long i = 0; i < THREADS; i++)
		pthread_create(&thread[i], NULL, around, (void *)i);
	for (int i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
}
