/*
 * Waits on a condition while holding another lock, which the signaller takes first.
 * EXPECT: cond-wait-holding b
 * LATER: cond-wait-holding
 */
#include "case.h"

MUTEX(a);
MUTEX(b);
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;

static void signals(void)
{
	lock(&b);
	lock(&a);
	pthread_cond_signal(&c);
	unlock(&a);
	unlock(&b);
}

static void waits(void)
{
	struct timespec soon = in_ms(CLOCK_REALTIME, 10);
	lock(&b);
	lock(&a);
	pthread_cond_timedwait(&c, &a, &soon);
	unlock(&a);
	unlock(&b);
}

int main(void)
{
	in_turn(signals, waits);
	return 0;
}
