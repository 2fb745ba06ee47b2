/*
 * A thread unlocks after a failed trylock: another thread holds the mutex.
 * EXPECT: unlock-not-owner a
 */
#include "case.h"

MUTEX(a);

static void tries(void)
{
	pthread_mutex_trylock(&a);
	unlock(&a);
}

int main(void)
{
	lock(&a);
	in_thread(tries);
	return 0;
}
