/*
 * Each thread holds a read lock and wants a write lock: that blocks.
 * EXPECT: lock-order r s
 */
#include "case.h"

RWLOCK(r);
RWLOCK(s);

static void r_s(void)
{
	pthread_rwlock_rdlock(&r);
	pthread_rwlock_wrlock(&s);
	pthread_rwlock_unlock(&s);
	pthread_rwlock_unlock(&r);
}

static void s_r(void)
{
	pthread_rwlock_rdlock(&s);
	pthread_rwlock_wrlock(&r);
	pthread_rwlock_unlock(&r);
	pthread_rwlock_unlock(&s);
}

int main(void)
{
	in_turn(r_s, s_r);
	return 0;
}
