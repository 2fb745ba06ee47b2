/*
 * The waiter itself is the only signaller that needs its lock.
 * EXPECT: cond-wait-holding(warning) b
 * EXPECT-FILTERED: threads b c
 */
#include "cond.h"

MUTEX(b);

static void waits(void)
{
	lock(&b);
	pthread_cond_signal(&c);
	wait_for_signal();
	unlock(&b);
}

int main(void)
{
	at_once(give_signal, waits);
	return 0;
}
