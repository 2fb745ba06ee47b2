/* An initializer that takes long: the other threads wait in pthread_once.
 * REPORTS: T2 has held 'started' for .*\[long-hold\]
 * REPORTS: initialise
 * REPORTS: has held 'canary_lock' for .*\[long-hold\]
 * AFTER: waited for 'started' for
 * LOCKS: ^ +1 +0 +1 +0 +[0-9.]+ m?s .* 1  started$ */
#include "long.h"

#include <sys/syscall.h>

static pid_t waiter;
static pthread_once_t started = PTHREAD_ONCE_INIT;

static void initialise(void)
{
	is_ready();
	sleep_long();
}

static void *first(void *none)
{
	is_ready();
	pthread_once(&started, initialise);
	return none;
}

static void *second(void *none)
{
	until_ready(2); /* the initializer runs */
	__atomic_store_n(&waiter, (pid_t)syscall(SYS_gettid), __ATOMIC_RELEASE);
	pthread_once(&started, initialise);
	return none;
}

int main(void)
{
	let_wake();
	pthread_t a = in_thread(first), b = in_thread(second);
	until_asleep(&waiter);
	canary(0); /* long enough to be sampled while it waits */
	wake_and_join(a);
	wake_and_join(b);
}
