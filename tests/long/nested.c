/* Two nested locks: both are held for long, and the call blocks while both are held.
 * REPORTS: T2 has held 'accounts' for .*\[long-hold\]
 * REPORTS: T2 has held 'inner' for .*\[long-hold\]
 * REPORTS: while it held 'inner' \[blocking-call\]
 * AFTER: released 'inner' after
 * AFTER: released 'accounts' after */
#include "long.h"

static pthread_mutex_t inner = PTHREAD_MUTEX_INITIALIZER;

static void *holder(void *none)
{
	pthread_mutex_lock(&accounts);
	pthread_mutex_lock(&inner);
	sleep_long();
	pthread_mutex_unlock(&inner);
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
