/* Every thread but one waits for long; that one sleeps, and signals.
 * EXPECT: nothing
 * OPTIONS: --lost-signal=100ms */
#include "case.h"

MUTEX(m);
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
static int ready;

static void *signals(void *n)
{
	usleep(400000);
	lock(&m);
	ready = 1;
	pthread_cond_signal(&c);
	unlock(&m);
	return n;
}

int main(void)
{
	pthread_t t;

	pthread_create(&t, NULL, signals, NULL);
	lock(&m);
	while (!ready)
		pthread_cond_wait(&c, &m);
	unlock(&m);
	pthread_join(t, NULL);
}
