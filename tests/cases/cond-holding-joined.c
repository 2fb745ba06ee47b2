/*
 * The only signaller that needs the waiter's lock was joined before the waiter began.
 * EXPECT: cond-wait-holding(warning) b
 * EXPECT-FILTERED: ordered b c
 */
#include "cond.h"

MUTEX(b);

static void signals_early(void)
{
	lock(&b);
	unlock(&b);
	lock(&m);
	pthread_cond_signal(&c);
	unlock(&m);
}

static void waits(void)
{
	lock(&b);
	wait_for_signal();
	unlock(&b);
}

int main(void)
{
	in_thread(signals_early);
	at_once(give_signal, waits);
	return 0;
}
