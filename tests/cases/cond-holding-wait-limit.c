/*
 * The wait has a time limit and ends by itself.
 * EXPECT: nothing
 */
#include "cond.h"

MUTEX(b);

static void signals(void)
{
	lock(&b);
	unlock(&b);
	pthread_cond_signal(&c);
	meet(2);
}

static void waits(void)
{
	struct timespec soon = in_ms(CLOCK_REALTIME, 10);
	meet(2);
	lock(&b);
	lock(&m);
	pthread_cond_timedwait(&c, &m, &soon);
	unlock(&m);
	unlock(&b);
}

int main(void)
{
	at_once(signals, waits);
	return 0;
}
