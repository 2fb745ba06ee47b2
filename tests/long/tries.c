/* Near miss of shares: 180 tries fail, but after each 60 the thread gets the lock.
 * FLAGS: --long-hold=0 --blocking=0
 * LOCKS: no busy waiting +180 try-locks failed, never 100 in a row */
#include "long.h"

enum { TURNS = 3, TRIES = 60 };
static int held, tried;

static void until(int *what, int n)
{
	while (__atomic_load_n(what, __ATOMIC_ACQUIRE) < n)
		sched_yield();
}
static void *tries(void *none)
{
	for (int turn = 1; turn <= TURNS; turn++) {
		until(&held, turn);
		for (int i = 0; i < TRIES; i++)
			if (!pthread_mutex_trylock(&accounts))
				abort();
		__atomic_store_n(&tried, turn, __ATOMIC_RELEASE);
		pthread_mutex_lock(&accounts);
		pthread_mutex_unlock(&accounts);
		__atomic_store_n(&ready, turn, __ATOMIC_RELEASE);
	}
	return none;
}

int main(void)
{
	pthread_t t = in_thread(tries);
	for (int turn = 1; turn <= TURNS; turn++) {
		pthread_mutex_lock(&accounts);
		__atomic_store_n(&held, turn, __ATOMIC_RELEASE);
		until(&tried, turn);
		pthread_mutex_unlock(&accounts);
		until_ready(turn);
	}
	pthread_join(t, NULL);
	return 0;
}
