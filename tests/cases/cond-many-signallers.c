/*
 * A thread waits on a condition and holds a lock. More threads signal than are kept, and all but
 * the last acquire that lock first: the last one can end the wait.
 * EXPECT: cond-wait-holding(warning) b
 */
#include "cond.h"

enum { SIGNALLERS = 70, PLACES = 10 };

MUTEX(b);

/* Few threads are kept at one place that acquires the lock, so there are several. */
static void acquires(long place)
{
	if (place) {
		acquires(place - 1);
		return;
	}
	lock(&b);
	unlock(&b);
}

static void lets_go_on(void)
{
	while (!waiting)
		sched_yield();
	lock(&m); /* acquired only when the other thread waits */
	given = 1;
	unlock(&m);
}

static void *signaller(void *arg)
{
	long i = (long)arg, last = i == SIGNALLERS - 1;

	if (last) {
		meet(SIGNALLERS + 1);
		lets_go_on();
	} else {
		acquires(i % PLACES);
	}
	pthread_cond_signal(&c);
	if (!last)
		meet(SIGNALLERS + 1);
	return NULL;
}

static void *waits(void *unused)
{
	meet(SIGNALLERS + 1);
	lock(&b);
	wait_for_signal();
	unlock(&b);
	return unused;
}

int main(void)
{
	pthread_t t[SIGNALLERS + 1];

	for (long i = 0; i < SIGNALLERS; i++)
		pthread_create(&t[i], NULL, signaller, (void *)i);
	pthread_create(&t[SIGNALLERS], NULL, waits, NULL);
	for (int i = 0; i <= SIGNALLERS; i++)
		pthread_join(t[i], NULL);
	return 0;
}
