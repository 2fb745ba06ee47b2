/* short.c — a short test: `short MS` computes for about MS milliseconds of CPU time, in which two
 * threads acquire a few locks. `short MS N` forks N children, two at a time, which do half of that.
 */
#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t outer = PTHREAD_MUTEX_INITIALIZER, inner = PTHREAD_MUTEX_INITIALIZER;
static double ms;

static double used(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void *work(void *none)
{
	volatile unsigned x = 0;

	for (double begin = used(); used() - begin < ms / 2;) {
		pthread_mutex_lock(&outer);
		pthread_mutex_lock(&inner);
		for (int i = 0; i < 10000; i++)
			x += (unsigned)i;
		pthread_mutex_unlock(&inner);
		pthread_mutex_unlock(&outer);
	}
	return none;
}

static void children(int n)
{
	for (int i = 0; i < n; i++) {
		if (i > 1)
			wait(NULL);
		if (fork() == 0) {
			work(NULL);
			_exit(0);
		}
	}
	while (wait(NULL) > 0)
		;
}

int main(int argc, char **argv)
{
	pthread_t t;

	ms = argc > 1 ? atof(argv[1]) : 1;
	if (argc > 2) {
		children(atoi(argv[2]));
		return 0;
	}
	pthread_create(&t, NULL, work, NULL);
	pthread_join(t, NULL);
	work(NULL);
	return 0;
}
