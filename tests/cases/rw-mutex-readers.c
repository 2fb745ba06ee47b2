/*
 * A reader wants a mutex whose owner wants to read: readers share.
 * EXPECT: nothing
 * EXPECT-FILTERED: readers m r
 */
#include "case.h"

RWLOCK(r);
MUTEX(m);

static void r_m(void)
{
	pthread_rwlock_rdlock(&r);
	lock(&m);
	unlock(&m);
	pthread_rwlock_unlock(&r);
}

static void m_r(void)
{
	lock(&m);
	pthread_rwlock_rdlock(&r);
	pthread_rwlock_unlock(&r);
	unlock(&m);
}

int main(void)
{
	in_turn(r_m, m_r);
	return 0;
}
