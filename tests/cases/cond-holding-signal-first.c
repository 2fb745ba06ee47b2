/*
 * The signaller is seen before the waiter; the finding names the waiter.
 * EXPECT: cond-wait-holding b
 * EXPECT-MESSAGE: T3 waits on 'c' while it holds 'b'
 */
#include "cond.h"

MUTEX(b);

static void signals(void)
{
	lock(&b);
	unlock(&b);
	pthread_cond_signal(&c);
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
	at_once(signals, waits);
	return 0;
}
