/*
 * The waiter reads what the signaller writes before it signals.
 * EXPECT: cond-wait-holding b
 */
#include "cond.h"

RWLOCK(b);

static void signals(void)
{
	pthread_rwlock_wrlock(&b);
	pthread_rwlock_unlock(&b);
	meet(2);
	give_signal();
}

static void waits(void)
{
	meet(2);
	pthread_rwlock_rdlock(&b);
	wait_for_signal();
	pthread_rwlock_unlock(&b);
}

int main(void)
{
	at_once(signals, waits);
	return 0;
}
