/*
 * counting.c — four threads that acquire their own locks, mostly new ones, and count; see
 * stopped.c.
 */
#include "../faithful/observe.h"

static volatile unsigned long *counters;

static __attribute__((noinline)) void nested(pthread_mutex_t *m, int depth)
{
	pthread_mutex_lock(m);
	if (depth)
		nested(m + 1, depth - 1);
	pthread_mutex_unlock(m);
}

static void *worker(void *arg)
{
	long me = (long)arg;
	((volatile int *)(counters + 16))[me] = my_tid();
	for (unsigned i = 0;; i++) {
		pthread_mutex_t fresh[8];
		for (int k = 0; k < 8; k++)
			pthread_mutex_init(&fresh[k], NULL);
		nested(fresh, (int)(i % 8));
		for (int k = 0; k < 8; k++)
			pthread_mutex_destroy(&fresh[k]);
		counters[me]++;
	}
	return NULL;
}

int main(void)
{
	const char *fd = getenv("STOPPED_FD");
	pthread_t t;
	if (!fd)
		return 125;
	counters = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, atoi(fd), 0);
	for (long i = 0; i < 4; i++)
		pthread_create(&t, NULL, worker, (void *)i);
	alarm(60);
	for (;;)
		pause();
}
