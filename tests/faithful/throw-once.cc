/*
 * throw-once — exceptions leave pthread_once, threads and C++'s call_once through our frames;
 * uncaught exceptions still abort with the program's own message.
 * BARE: dies
 * STEERED: yes
 */
#include "observe.h"
#include <mutex>
#include <stdexcept>
#include <thread>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static int tries;

struct guard {
	guard()
	{
		pthread_mutex_lock(&m);
	}
	~guard()
	{
		say("guard gone %d\n", pthread_mutex_unlock(&m));
	}
};

static void body()
{
	guard g;
	if (tries++ < 2)
		throw tries;
	say("once done\n");
}

static void *thrower(void *arg)
{
	guard g;
	try {
		throw 5;
	} catch (int i) {
		say("caught %d in thread\n", i);
	}
	return arg;
}

static void *exits(void *arg)
{
	guard g;
	(void)arg;
	pthread_exit((void *)9);
}

int main()
{
	observe("start");
	for (int i = 0; i < 4; i++) {
		try {
			show(pthread_once(&once, body));
		} catch (int n) {
			say("once threw %d\n", n);
		}
	}
	in_thread(thrower, NULL);
	void *got = in_thread(exits, NULL);
	say("exit %ld, free again %d\n", (long)got, pthread_mutex_trylock(&m));
	pthread_mutex_unlock(&m);
	observe("end");
	std::thread([] { throw std::runtime_error("nobody catches this"); }).join();
}
