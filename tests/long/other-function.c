/* One function acquires the lock, another function releases it.
 * REPORTS: T2 has held 'accounts' for .*\[long-hold\]
 * REPORTS: acquire_it
 * AFTER: released 'accounts' after
 * AFTER: release_it */
#include "long.h"

NOINLINE static void acquire_it(void)
{
	pthread_mutex_lock(&accounts);
}

NOINLINE static void release_it(void)
{
	pthread_mutex_unlock(&accounts);
}

static void *holder(void *none)
{
	acquire_it();
	sleep_long();
	release_it();
	return none;
}

int main(void)
{
	let_wake();
	pthread_t a = in_thread(holder);
	until_go();
	wake_and_join(a);
}
