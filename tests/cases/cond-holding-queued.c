/*
 * The waiter and the signaller both read a lock that prefers writers, and a third thread writes:
 * the signaller can queue behind it.
 * EXPECT: cond-wait-holding b
 */
#include "cond.h"

static pthread_rwlock_t b = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;

static void signals(void)
{
	pthread_rwlock_rdlock(&b);
	pthread_rwlock_unlock(&b);
	meet(3);
	give_signal();
}

static void waits(void)
{
	meet(3);
	pthread_rwlock_rdlock(&b);
	wait_for_signal();
	pthread_rwlock_unlock(&b);
}

static void writes(void)
{
	pthread_rwlock_wrlock(&b);
	pthread_rwlock_unlock(&b);
	meet(3);
}

int main(void)
{
	at_once(signals, waits, writes);
	return 0;
}
