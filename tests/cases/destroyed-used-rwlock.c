/*
 * An rwlock is used after it was destroyed. To glibc it looks as before, and the call succeeds.
 * EXPECT: invalid-lock a
 * EXPECT-STACK: ends, uses
 */
#include "case.h"

static pthread_rwlock_t a;

static void ends(void)
{
	pthread_rwlock_destroy(&a);
}

static void uses(void)
{
	pthread_rwlock_rdlock(&a);
	pthread_rwlock_unlock(&a);
}

int main(void)
{
	pthread_rwlock_init(&a, NULL);
	pthread_rwlock_wrlock(&a);
	pthread_rwlock_unlock(&a);
	ends();
	uses();
	uses();
	return 0;
}
