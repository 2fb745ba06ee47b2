/* Near miss: a thread that waits for a lock has no blocking call and no long hold; the owner of that lock has one.
 * FLAGS: -v
 * REPORTS: T2 has held 'inner' for .*\[long-hold\]
 * REPORTS: T3 has held a lock for .*, but for .* of that the thread waited for another lock: not reported as long
 * NOT: 'accounts' for .*\[long-hold\]
 * NOT: held 'accounts' \[blocking-call\] */
#include "long.h"

static pthread_mutex_t inner = PTHREAD_MUTEX_INITIALIZER;

static void *culprit(void *none)
{
	pthread_mutex_lock(&inner);
	is_ready();
	sleep_long();
	pthread_mutex_unlock(&inner);
	return none;
}

static void *victim(void *none)
{
	until_ready(1);
	pthread_mutex_lock(&accounts);
	pthread_mutex_lock(&inner);
	pthread_mutex_unlock(&inner);
	pthread_mutex_unlock(&accounts);
	return none;
}

int main(void)
{
	let_wake();
	pthread_t a = in_thread(culprit), b = in_thread(victim);
	until_go();
	wake_and_join(a);
	pthread_join(b, NULL);
}
