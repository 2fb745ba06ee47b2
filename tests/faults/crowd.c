/*
 * crowd.c — COUNT threads wait for one condition and then begin to lock at the same moment: 200
 * times one of 64 shared mutexes, and a mutex of their own within one of the shared. Prints the
 * number of acquisitions that it made.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { SHARED = 64, ROUNDS = 200 };

static pthread_mutex_t shared[SHARED], state = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t ready = PTHREAD_COND_INITIALIZER, start = PTHREAD_COND_INITIALIZER;
static int n_ready, started;

static void *member(void *number)
{
	pthread_mutex_t own;

	pthread_mutex_init(&own, NULL);
	pthread_mutex_lock(&state);
	n_ready++;
	pthread_cond_signal(&ready);
	while (!started)
		pthread_cond_wait(&start, &state);
	pthread_mutex_unlock(&state);
	for (int i = 0; i < ROUNDS; i++) {
		pthread_mutex_t *m = &shared[((long)number * 7 + i * 13) % SHARED];
		pthread_mutex_lock(m);
		if (i % 50 == 0) {
			pthread_mutex_lock(&own);
			pthread_mutex_unlock(&own);
		}
		pthread_mutex_unlock(m);
	}
	pthread_mutex_destroy(&own);
	return NULL;
}

int main(int argc, char **argv)
{
	int count = argc > 1 ? atoi(argv[1]) : 1;
	pthread_t *threads = calloc((size_t)count, sizeof(*threads));
	pthread_attr_t small;

	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 65536);
	for (int i = 0; i < SHARED; i++)
		pthread_mutex_init(&shared[i], NULL);
	for (long i = 0; i < count; i++)
		if (pthread_create(&threads[i], &small, member, (void *)i))
			return puts("a thread cannot be created"), 1;
	pthread_mutex_lock(&state);
	while (n_ready < count)
		pthread_cond_wait(&ready, &state);
	started = 1;
	pthread_cond_broadcast(&start);
	pthread_mutex_unlock(&state);
	for (int i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
	printf("%d\n", count * (ROUNDS + ROUNDS / 50));
	return 0;
}
