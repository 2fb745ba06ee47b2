/*
 * One thread holds the gate lock shared, the other exclusively.
 * EXPECT: nothing
 * EXPECT-FILTERED: gate a b
 */
#include "case.h"

RWLOCK(g);
MUTEX(a);
MUTEX(b);

static void g_a_b(void)
{
	pthread_rwlock_wrlock(&g);
	lock(&a);
	lock(&b);
	unlock(&b);
	unlock(&a);
	pthread_rwlock_unlock(&g);
}

static void g_b_a(void)
{
	pthread_rwlock_rdlock(&g);
	lock(&b);
	lock(&a);
	unlock(&a);
	unlock(&b);
	pthread_rwlock_unlock(&g);
}

int main(void)
{
	in_turn(g_a_b, g_b_a);
	return 0;
}
