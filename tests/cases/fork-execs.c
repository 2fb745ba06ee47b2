/*
 * A fork while another thread holds a lock; the child leaves at once, like a child that calls exec.
 * EXPECT: nothing
 */
#include "case.h"

MUTEX(a);
static volatile int held, done;

static void *holds(void *arg)
{
	lock(&a);
	held = 1;
	while (!done)
		sched_yield();
	unlock(&a);
	return arg;
}

int main(void)
{
	pthread_t t;
	pthread_create(&t, NULL, holds, NULL);
	while (!held)
		sched_yield();
	if (!fork()) {
		_exit(0);
	}
	wait(NULL);
	done = 1;
	pthread_join(t, NULL);
	return 0;
}
