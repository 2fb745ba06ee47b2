/*
 * A mutex is used after it was destroyed: locked, and unlocked.
 * EXPECT: invalid-lock a
 * EXPECT-STACK: ends, uses
 */
#include "case.h"

static pthread_mutex_t a;

static void ends(void)
{
	pthread_mutex_destroy(&a);
}

static void uses(void)
{
	lock(&a);
	unlock(&a);
}

int main(void)
{
	pthread_mutex_init(&a, NULL);
	lock(&a);
	unlock(&a);
	ends();
	uses();
	return 0;
}
