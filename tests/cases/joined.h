/*
 * joined.h — for cases of joins under a lock: a worker says under the lock `a` that it is done.
 *
 * say() says it; wait_until_said() waits until `n` workers have said it, and returns with the lock
 * held.
 */
#ifndef JOINED_H
#define JOINED_H

#include "case.h"

MUTEX(a);
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
static volatile int said, waiting, ended;

UNUSED __attribute__((always_inline)) static inline void say(void)
{
	lock(&a);
	said++;
	pthread_cond_signal(&c);
	unlock(&a);
}

UNUSED __attribute__((always_inline)) static inline void wait_until_said(int n)
{
	lock(&a);
	waiting = 1;
	while (said < n)
		pthread_cond_wait(&c, &a);
}

/* Without a happens-before edge. */
UNUSED static void wait_until(volatile int *flag)
{
	while (!*flag)
		sched_yield();
}

#endif
