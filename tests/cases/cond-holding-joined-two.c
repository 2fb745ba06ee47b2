/*
 * A signaller that needs no lock was joined before the waiter began; the one that can end the wait
 * needs the waiter's lock.
 * EXPECT: cond-wait-holding b
 */
#include "cond.h"

MUTEX(b);

static void signals_early(void)
{
	lock(&m);
	pthread_cond_signal(&c);
	unlock(&m);
}

static void signals(void)
{
	lock(&b);
	unlock(&b);
	meet(2);
	give_signal();
}

static void waits(void)
{
	meet(2);
	lock(&b);
	wait_for_signal();
	unlock(&b);
}

int main(void)
{
	in_thread(signals_early);
	at_once(signals, waits);
	return 0;
}
