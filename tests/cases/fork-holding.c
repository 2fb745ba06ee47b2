/*
 * A fork while another thread holds a lock, and the child uses locks.
 * EXPECT: fork-holding(warning) a
 * EXPECT-MESSAGE: the program forked while T2 held 'a'
 */
#include "case.h"

MUTEX(a);
MUTEX(b);
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
		lock(&b);
		unlock(&b);
		_exit(0);
	}
	wait(NULL);
	done = 1;
	pthread_join(t, NULL);
	return 0;
}
