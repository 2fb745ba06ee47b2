/* lockhound.conf has a higher limit for this lock, and none for the other lock.
 * CONF: long_hold.accounts = 1h
 * REPORTS: has held 'canary_lock' for .*\[long-hold\]
 * NOT: 'accounts' for .*\[long-hold\] */
#include "long.h"

static void *holder(void *none)
{
	pthread_mutex_lock(&accounts);
	is_ready();
	sleep_long();
	pthread_mutex_unlock(&accounts);
	return none;
}

int main(void)
{
	let_wake();
	pthread_t a = in_thread(holder);
	canary(1);
	wake_and_join(a);
}
