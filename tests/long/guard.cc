/* The guard of a C++ static whose constructor takes long.
 * REPORTS: has held '.*config.*' for .*\[long-hold\]
 * REPORTS: Config::Config
 * LOCKS: ^ +1 +0 +0 +0 +- .* 0  .*config */
#include "long.h"

struct Config {
	int value;
	NOINLINE Config() : value(1) { sleep_long(); }
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

int main()
{
	let_wake();
	pthread_t a = in_thread(first);
	until_go();
	wake_and_join(a);
}
