/*
 * Correct condition waits: timed, signalled, and with a recursive mutex.
 * EXPECT: nothing
 */
#include "case.h"

MUTEX(a);
static pthread_mutex_t b = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
static int ready;

static void *signals(void *arg)
{
	lock(&a);
	ready = 1;
	pthread_cond_signal(&c);
	unlock(&a);
	return arg;
}

int main(void)
{
	pthread_t t;
	struct timespec soon = in_ms(CLOCK_REALTIME, 10);
	lock(&b);
	pthread_cond_timedwait(&c, &b, &soon);
	unlock(&b);
	lock(&a);
	pthread_create(&t, NULL, signals, NULL);
	while (!ready)
		pthread_cond_wait(&c, &a);
	unlock(&a);
	pthread_join(t, NULL);
	return 0;
}
