/* Acquired twice and released once: the lock is still held, and it is one hold.
 * REPORTS: T2 has held 'accounts_r' for .*\[long-hold\]
 * AFTER: released 'accounts_r' after
 * AFTER: last_part
 * NOT: seen [0-9]+ times */
#include "long.h"

static pthread_mutex_t accounts_r = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;

NOINLINE static void last_part(void)
{
	pthread_mutex_unlock(&accounts_r);
}

static void *holder(void *none)
{
	pthread_mutex_lock(&accounts_r);
	pthread_mutex_lock(&accounts_r);
	pthread_mutex_unlock(&accounts_r);
	sleep_long();
	last_part();
	return none;
}

int main(void)
{
	let_wake();
	pthread_t a = in_thread(holder);
	until_go();
	wake_and_join(a);
}
