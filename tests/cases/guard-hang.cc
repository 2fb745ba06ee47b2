/*
 * One thread initializes a local static, and the initializer wants a lock; another thread holds the
 * lock and uses the static: both wait forever.
 * EXPECT: deadlock a left::value
 * EXPECT-STACK: under(void*), make()
 */
#include "case.h"

static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER;
static volatile int inside, go, waiting;

static int make()
{
	inside = 1;
	while (!go)
		sched_yield();
	lock(&a);
	unlock(&a);
	return 3;
}

static int left()
{
	static int value = make();
	return value;
}

static void *first(void *arg)
{
	left();
	return arg;
}

static void *under(void *arg)
{
	while (!inside)
		sched_yield();
	lock(&a);
	waiting = 1;
	left();
	unlock(&a);
	return arg;
}

int main()
{
	pthread_t t, u;
	pthread_create(&t, NULL, first, NULL);
	pthread_create(&u, NULL, under, NULL);
	while (!waiting)
		sched_yield();
	go = 1;
	pthread_join(t, NULL);
	pthread_join(u, NULL);
}
