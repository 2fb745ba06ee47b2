/*
 * A thread ends while it holds a read lock.
 * EXPECT: exit-holding r
 */
#include "case.h"

RWLOCK(r);

static void forgets(void)
{
	pthread_rwlock_rdlock(&r);
}

int main(void)
{
	in_thread(forgets);
	return 0;
}
