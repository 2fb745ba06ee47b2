/* Initializers that take long while no other thread waits for them: of pthread_once, of a C++ static,
 * and std::async, which runs its task in a std::call_once and joins its thread in another. No lock is
 * named after a frame of the library, also if all others are of system headers.
 * REPORTS: has held 'canary_lock' for .*\[long-hold\]
 * REPORTS: while it held 'canary_lock' \[blocking-call\]
 * LOCKS: once of [a-z-]+\.h:
 * NOT: once
 * NOT: config
 * NOT: started */
#include "long.h"
#include <future>

static pthread_once_t started = PTHREAD_ONCE_INIT;

/* longer than --blocking each time, in all longer than --long-hold */
static void initialise()
{
	is_ready();
	while (!go)
		usleep(50000);
}

static void *in_once(void *none)
{
	pthread_once(&started, initialise);
	return none;
}

struct Config {
	Config() { initialise(); }
};

static void *in_guard(void *none)
{
	static Config config;
	return none;
}

static void *in_future(void *none)
{
	auto task = std::async(std::launch::async, initialise);
	task.get();
	return none;
}

int main()
{
	pthread_t t[] = {in_thread(in_once), in_thread(in_guard), in_thread(in_future)};
	canary(3);
	for (pthread_t each : t)
		pthread_join(each, NULL);
}
