/*
 * A thread that reads an rwlock wants to write it: it waits for its own read lock.
 * EXPECT: self-deadlock r
 */
#include "case.h"

RWLOCK(r);

int main(void)
{
	pthread_rwlock_rdlock(&r);
	pthread_rwlock_wrlock(&r);
	return 0;
}
