/* Sleeps while it holds the lock.
 * REPORTS: T2 has held 'accounts' for [0-9.]+ m?s so far \[long-hold\]
 * REPORTS: after [0-9]+ ms: clock_nanosleep \(16 min 40 s\)
 * REPORTS: slow_part
 * AFTER: T2 held 'accounts' for
 * AFTER: released 'accounts' after [0-9.]+ m?s(, on a CPU for [0-9] ms of the last|  |$)
 * AFTER: T3 \(|waited for 'accounts' for [0-9.]+ m?s of the hold
 * NOT: canary */
#include "long.h"

NOINLINE static void slow_part(void)
{
	sleep_long();
}

static void *holder(void *none)
{
	pthread_mutex_lock(&accounts);
	is_ready();
	slow_part();
	pthread_mutex_unlock(&accounts);
	return none;
}

static void *waiter(void *none)
{
	pthread_mutex_lock(&accounts);
	pthread_mutex_unlock(&accounts);
	return none;
}

int main(void)
{
	let_wake();
	pthread_t a = in_thread(holder);
	until_ready(1);
	pthread_t b = in_thread(waiter);
	until_go();
	wake_and_join(a);
	pthread_join(b, NULL);
}
