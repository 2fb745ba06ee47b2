/*
 * A lock is destroyed while it is held.
 * EXPECT: destroy-held a
 * EXPECT-STACK: ends, takes
 */
#include "case.h"

static pthread_mutex_t a;

static void takes(void)
{
	lock(&a);
}

static void ends(void)
{
	pthread_mutex_destroy(&a);
}

int main(void)
{
	pthread_mutex_init(&a, NULL);
	takes();
	ends();
	unlock(&a);
	return 0;
}
