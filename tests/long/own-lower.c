/* lockhound.conf has a lower limit for the locks that match a pattern.
 * FLAGS: --long-hold=1h
 * CONF: long_hold.acc* = 20ms
 * REPORTS: has held 'accounts' for .*\[long-hold\]
 * AFTER: released 'accounts' after
 * NOT: canary */
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
	until_go();
	wake_and_join(a);
}
