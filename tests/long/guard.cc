/* The guard of a C++ static whose constructor takes long: another thread waits for it.
 * REPORTS: has held '.*config.*' for .*\[long-hold\]
 * REPORTS: Config::Config
 * REPORTS: has held 'canary_lock' for .*\[long-hold\]
 * LOCKS: ^ +1 +0 +1 +0 +[0-9.]+ m?s .* 1 .*config */
#include "long.h"

#include <sys/syscall.h>

static pid_t waiter;

struct Config {
	int value;
	NOINLINE Config() : value(1) { is_ready(); sleep_long(); }
};

NOINLINE static int config_value()
{
	static Config config;
	return config.value;
}

static void *first(void *none)
{
	config_value();
	return none;
}

static void *second(void *none)
{
	until_ready(1); /* the constructor runs */
	__atomic_store_n(&waiter, (pid_t)syscall(SYS_gettid), __ATOMIC_RELEASE);
	config_value();
	return none;
}

int main()
{
	let_wake();
	pthread_t a = in_thread(first), b = in_thread(second);
	until_asleep(&waiter);
	canary(0); /* long enough to be sampled while it waits */
	wake_and_join(a);
	wake_and_join(b);
}
