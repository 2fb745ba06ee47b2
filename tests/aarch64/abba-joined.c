/*
 * The first thread is joined before the second is created: they cannot run at the same time. The
 * first thread writes to a pipe before main joins it, so that the library knows the thread's handle
 * (a pthread_t, which is not the thread pointer on every machine) before it needs the handle. With
 * an argument, the first thread is joined only at the end: the threads could have met.
 */
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER, b = PTHREAD_MUTEX_INITIALIZER;
static int runs[2];

static void take(pthread_mutex_t *first, pthread_mutex_t *second)
{
	pthread_mutex_lock(first);
	pthread_mutex_lock(second);
	pthread_mutex_unlock(second);
	pthread_mutex_unlock(first);
}

static void *a_b(void *unused)
{
	(void)unused;
	take(&a, &b);
	return write(runs[1], "x", 1) == 1 ? &runs : NULL;
}

static void *b_a(void *unused)
{
	(void)unused;
	take(&b, &a);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t first, second;
	char c;

	(void)argv;
	if (pipe(runs) || pthread_create(&first, NULL, a_b, NULL) || read(runs[0], &c, 1) != 1)
		return 3;
	if (argc == 1)
		pthread_join(first, NULL);
	if (pthread_create(&second, NULL, b_a, NULL))
		return 3;
	pthread_join(second, NULL);
	if (argc > 1)
		pthread_join(first, NULL);
	puts("done");
}
