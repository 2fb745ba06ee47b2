/*
 * A thread reads twice, without a writer; the default kind lets readers pass.
 * EXPECT: nothing
 */
#include "case.h"

RWLOCK(r);

int main(void)
{
	pthread_rwlock_rdlock(&r);
	pthread_rwlock_rdlock(&r);
	pthread_rwlock_unlock(&r);
	pthread_rwlock_unlock(&r);
	return 0;
}
