/*
 * The waiter creates, after its wait, the only signaller that needs its lock.
 * EXPECT: cond-wait-holding(warning) b
 * EXPECT-FILTERED: ordered b c
 */
#include "cond.h"

MUTEX(b);

static void signals_late(void)
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
	in_thread(signals_late);
}

int main(void)
{
	at_once(give_signal, waits);
	return 0;
}
