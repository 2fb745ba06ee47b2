/* ranks.c — a process of a job. It prints "ready" when its threads are blocked.
 *   ranks waits       the first thread waits on a condition, as at a barrier
 *   ranks deadlock    it waits for 'log_lock', whose owner waits for it */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static pthread_mutex_t state_lock = PTHREAD_MUTEX_INITIALIZER, log_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t all_here = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t both;

static void *writes_log(void *unused)
{
	pthread_mutex_lock(&log_lock);
	pthread_barrier_wait(&both);
	pthread_mutex_lock(&state_lock);
	return unused;
}

static void *says_ready(void *unused)
{
	pthread_barrier_wait(&both);
	usleep(100000); /* only until the others sleep; a reader tolerates one that does not yet */
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
	return unused;
}

static void waits(void)
{
	pthread_mutex_lock(&mutex);
	pthread_barrier_wait(&both);
	for (;;)
		pthread_cond_wait(&all_here, &mutex);
}

static void deadlock(void)
{
	pthread_t t;

	pthread_mutex_lock(&state_lock);
	pthread_create(&t, NULL, writes_log, NULL);
	pthread_barrier_wait(&both);
	pthread_mutex_lock(&log_lock);
}

int main(int argc, char **argv)
{
	int dead = argc > 1 && strcmp(argv[1], "deadlock") == 0;
	pthread_t t;

	pthread_barrier_init(&both, NULL, dead ? 3 : 2);
	pthread_create(&t, NULL, says_ready, NULL);
	if (dead)
		deadlock();
	waits();
}
