/*
 * A thread that writes an rwlock wants to read it: glibc returns EDEADLK, other systems hang.
 * EXPECT: self-deadlock r
 */
#include "case.h"

RWLOCK(r);

int main(void)
{
	pthread_rwlock_wrlock(&r);
	if (pthread_rwlock_rdlock(&r) != EDEADLK)
		return 1;
	pthread_rwlock_unlock(&r);
	return 0;
}
