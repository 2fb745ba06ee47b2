/*
 * A thread has ended and kept a lock; nobody has joined it. Another one waits for the lock.
 * EXPECT: exit-holding a
 * EXPECT-STACK: keeps, main
 */
#include "case.h"

MUTEX(a);
static volatile int tid;

static void *keeps(void *arg)
{
	lock(&a);
	tid = my_tid();
	return arg;
}

int main(void)
{
	pthread_t t;
	pthread_create(&t, NULL, keeps, NULL);
	while (!tid)
		sched_yield();
	while (!syscall(SYS_tgkill, getpid(), tid, 0))
		sched_yield();
	lock(&a);
	return 0;
}
