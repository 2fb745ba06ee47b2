/*
 * Locks are destroyed twice: nothing bad comes of it yet.
 * EXPECT: invalid-lock(warning) a
 * EXPECT: invalid-lock(warning) r
 */
#include "case.h"

MUTEX(a);
static pthread_rwlock_t r;

int main(void)
{
	lock(&a);
	unlock(&a);
	pthread_mutex_destroy(&a);
	pthread_mutex_destroy(&a);
	pthread_rwlock_init(&r, NULL);
	pthread_rwlock_destroy(&r);
	pthread_rwlock_destroy(&r);
	return 0;
}
