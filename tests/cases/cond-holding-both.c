/*
 * Two signallers, and both need the waiter's lock.
 * EXPECT: cond-wait-holding b
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

static void signals_later(void)
{
	lock(&b);
	unlock(&b);
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
	at_once(signals, signals_later, waits);
	return 0;
}
