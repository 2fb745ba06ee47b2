/*
 * The waiter and the signaller both read; readers do not wait for readers.
 * EXPECT: cond-wait-holding(warning) b
 * EXPECT-FILTERED: readers b c
 */
#include "cond.h"

RWLOCK(b);

static void signals(void)
{
	pthread_rwlock_rdlock(&b);
	pthread_rwlock_unlock(&b);
	give_signal();
}

static void waits(void)
{
	pthread_rwlock_rdlock(&b);
	wait_for_signal();
	pthread_rwlock_unlock(&b);
}

int main(void)
{
	at_once(signals, waits);
	return 0;
}
