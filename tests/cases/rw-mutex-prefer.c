/*
 * As rw-mutex-readers, but writers have priority: one, queued in between, blocks the reader.
 * EXPECT: lock-order m r
 */
#include "case.h"

static pthread_rwlock_t r = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;
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

static void writes(void)
{
	pthread_rwlock_wrlock(&r);
	pthread_rwlock_unlock(&r);
}

int main(void)
{
	in_turn(writes, r_m, m_r);
	return 0;
}
