/*
 * A thread that writes an rwlock tries to read and to write it.
 * EXPECT: nothing
 */
#include "case.h"

RWLOCK(r);

int main(void)
{
	pthread_rwlock_wrlock(&r);
	pthread_rwlock_tryrdlock(&r);
	pthread_rwlock_trywrlock(&r);
	pthread_rwlock_unlock(&r);
	return 0;
}
