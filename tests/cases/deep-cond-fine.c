/*
 * A thread waits on a condition with its 181st lock, all others of which it has released before.
 * EXPECT: nothing
 */
#include "deep.h"

MUTEX(a);
MUTEX(b);
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
static volatile int waiting, gone_on;

static void *signals(void *arg)
{
	meet(2);
	while (!waiting)
		sched_yield();
	lock(&a); /* acquired only when the other thread waits */
	gone_on = 1;
	pthread_cond_signal(&c);
	unlock(&a);
	return arg;
}

static void *waits(void *arg)
{
	meet(2);
	lock(&b);
	go_down(0);
	lock(&a);
	come_up_by_age(0);
	unlock(&b);
	waiting = 1;
	while (!gone_on)
		pthread_cond_wait(&c, &a);
	unlock(&a);
	return arg;
}

int main(void)
{
	pthread_t t, u;
	pthread_create(&t, NULL, signals, NULL);
	pthread_create(&u, NULL, waits, NULL);
	pthread_join(t, NULL);
	pthread_join(u, NULL);
	return 0;
}
