/*
 * The signaller asks for the waiter's lock with a time limit, and signals all the same.
 * EXPECT: cond-wait-holding(warning) b
 * EXPECT-FILTERED: timed b c
 */
#include "cond.h"

MUTEX(b);

static void signals(void)
{
	struct timespec soon = in_ms(CLOCK_REALTIME, 20);
	meet(2);
	while (!waiting)
		sched_yield();
	if (pthread_mutex_timedlock(&b, &soon) == 0)
		unlock(&b);
	give_signal();
}

static void waits(void)
{
	lock(&b);
	meet(2);
	wait_for_signal();
	unlock(&b);
}

int main(void)
{
	at_once(signals, waits);
	return 0;
}
