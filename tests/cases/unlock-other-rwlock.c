/*
 * A thread releases the write lock of another thread.
 * EXPECT: unlock-not-owner r
 */
#include "case.h"

RWLOCK(r);

static void gives(void)
{
	pthread_rwlock_unlock(&r);
}

int main(void)
{
	pthread_rwlock_wrlock(&r);
	in_thread(gives);
	return 0;
}
