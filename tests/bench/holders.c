/*
 * holders.c — holds of a known length, for tests/bench/watch.
 *
 *   holders many N SECONDS   N threads hold a lock each and sleep in it
 *   holders known MS         holds a lock for about MS, five times; prints the longest in ns
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 4000 };
static pthread_mutex_t lock[MOST];
static unsigned seconds;

static long long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ll + t.tv_nsec;
}

static void *hold(void *mine)
{
	pthread_mutex_lock(mine);
	sleep(seconds);
	pthread_mutex_unlock(mine);
	return NULL;
}

static int many(int n)
{
	pthread_t t[MOST];
	pthread_attr_t a;

	pthread_attr_init(&a);
	pthread_attr_setstacksize(&a, 64 << 10);
	for (int i = 0; i < n; i++)
		if (pthread_create(&t[i], &a, hold, &lock[i]))
			return 1;
	for (int i = 0; i < n; i++)
		pthread_join(t[i], NULL);
	return 0;
}

static void *known(void *ms)
{
	long long longest = 0;

	for (int i = 0; i < 5; i++) {
		pthread_mutex_lock(&lock[0]);
		long long start = now();
		usleep((unsigned)*(int *)ms * 1000u);
		long long held = now() - start;
		pthread_mutex_unlock(&lock[0]);
		longest = held > longest ? held : longest;
	}
	printf("%lld\n", longest);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t t;
	int n = argc > 2 ? atoi(argv[2]) : 0;

	for (int i = 0; i < MOST; i++)
		pthread_mutex_init(&lock[i], NULL);
	if (argc == 4 && strcmp(argv[1], "many") == 0 && n > 0 && n <= MOST) {
		seconds = (unsigned)atoi(argv[3]);
		return many(n);
	}
	if (argc != 3 || strcmp(argv[1], "known") != 0)
		return 2;
	if (pthread_create(&t, NULL, known, &n))
		return 1;
	pthread_join(t, NULL);
	return 0;
}
