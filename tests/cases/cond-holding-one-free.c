/*
 * Two signallers: one needs the waiter's lock, and only later the other is seen, which does not.
 * EXPECT: cond-wait-holding(warning) b
 */
#include "cond.h"

MUTEX(b);

static void signals(void)
{
	lock(&b);
	unlock(&b);
	pthread_cond_signal(&c);
	meet(3);
}

static void signals_freely(void)
{
	meet(3);
	give_signal();
}

static void waits(void)
{
	meet(3);
	lock(&b);
	wait_for_signal();
	unlock(&b);
}

int main(void)
{
	at_once(signals, signals_freely, waits);
	return 0;
}
