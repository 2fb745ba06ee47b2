/*
 * Two threads that are both alive acquire two locks in two orders, one after the other by a pipe;
 * with an argument, in the same order. For a library that was built for another machine.
 */
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER, b = PTHREAD_MUTEX_INITIALIZER;
static int turn[2];

static void take(pthread_mutex_t *first, pthread_mutex_t *second)
{
	pthread_mutex_lock(first);
	pthread_mutex_lock(second);
	pthread_mutex_unlock(second);
	pthread_mutex_unlock(first);
}

static void *second(void *same_order)
{
	char c;

	if (read(turn[0], &c, 1) == 1)
		take(same_order ? &a : &b, same_order ? &b : &a);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t t;

	(void)argv;
	if (pipe(turn) || pthread_create(&t, NULL, second, argc > 1 ? turn : NULL))
		return 3;
	take(&a, &b);
	if (write(turn[1], "x", 1) != 1)
		return 3;
	pthread_join(t, NULL);
	puts("done");
}
