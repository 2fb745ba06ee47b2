/*
 * The signaller only tries the waiter's lock.
 * EXPECT: cond-wait-holding(warning) b
 * EXPECT-FILTERED: try b c
 */
#include "cond.h"

MUTEX(b);

static void signals(void)
{
	if (pthread_mutex_trylock(&b) == 0)
		unlock(&b);
	meet(2);
	if (pthread_mutex_trylock(&b) == 0)
		unlock(&b);
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
	at_once(signals, waits);
	return 0;
}
