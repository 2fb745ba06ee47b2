/*
 * The child of a fork waits for a lock that a thread of the parent held: no thread can release it.
 * EXPECT: fork-holding a
 * EXPECT-MESSAGE: a child process waits for 'a', which another thread held at the fork
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
		lock(&a);
		_exit(0);
	}
	wait(NULL);
	done = 1;
	pthread_join(t, NULL);
	return 0;
}
