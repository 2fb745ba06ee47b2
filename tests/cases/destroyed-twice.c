/*
 * Locks are destroyed twice: nothing bad comes of it yet.
 * EXPECT: invalid-lock(warning) a
 * EXPECT: invalid-lock(warning) r
 * EXPECT: invalid-lock(warning) b
 */
#include "case.h"

MUTEX(a);
static pthread_rwlock_t r;
static pthread_barrier_t b;

int main(void)
{
	lock(&a);
	unlock(&a);
	pthread_mutex_destroy(&a);
	pthread_mutex_destroy(&a);
	pthread_rwlock_init(&r, NULL);
	pthread_rwlock_destroy(&r);
	pthread_rwlock_destroy(&r);
	pthread_barrier_init(&b, NULL, 1);
	pthread_barrier_destroy(&b);
	pthread_barrier_destroy(&b);
	return 0;
}
