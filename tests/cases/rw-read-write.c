/*
 * Reads, then wants to write the same rwlock: waits for its own read.
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
