/*
 * A thread gives back another one's write lock.
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
