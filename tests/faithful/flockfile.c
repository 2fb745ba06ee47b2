/*
 * flockfile.c — one thread has stdout and stderr locked and wants a mutex; another one holds the
 * mutex and makes every call for the first time. Stdio in a wrapper hangs here.
 * TIMES: 5
 */
#include "observe.h"

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;

static void *holds_stdio(void *arg)
{
	flockfile(stdout);
	flockfile(stderr);
	step_made();
	pthread_mutex_lock(&m);
	pthread_mutex_unlock(&m);
	funlockfile(stderr);
	funlockfile(stdout);
	return arg;
}

static void *other(void *arg)
{
	pthread_mutex_t n = PTHREAD_MUTEX_INITIALIZER;
	pthread_mutex_lock(&n);
	pthread_mutex_unlock(&n);
	return arg;
}

int main(void)
{
	pthread_t t, u;
	observe("start");
	pthread_mutex_lock(&m);
	pthread_create(&t, NULL, holds_stdio, NULL);
	step_wait(1);
	for (int i = 0; i < 50; i++) {
		pthread_mutex_t fresh = PTHREAD_MUTEX_INITIALIZER;
		pthread_mutex_lock(&fresh);
		pthread_mutex_unlock(&fresh);
		/* a misuse: its report may not need stdio either */
		if (i == 7)
			pthread_mutex_unlock(&fresh);
	}
	pthread_create(&u, NULL, other, NULL);
	pthread_join(u, NULL);
	pthread_mutex_unlock(&m);
	pthread_join(t, NULL);
	observe("end");
	return 0;
}
