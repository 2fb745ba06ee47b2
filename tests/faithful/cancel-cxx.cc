/*
 * cancel-cxx — cancellation unwinds C++ frames: destructors run in a condition wait and in the
 * initializer of a static, whose guard is free again afterwards; pthread_exit does the same.
 */
#include "observe.h"
#include <condition_variable>
#include <mutex>

static std::mutex m;
static std::condition_variable cv;
static volatile int tid;

struct announces {
	const char *name;
	~announces()
	{
		say("~%s\n", name);
	}
};

static void *waits(void *arg)
{
	announces a{"outer"};
	std::unique_lock l(m);
	announces b{"inner"};
	tid = my_tid();
	step_made();
	for (;;)
		cv.wait(l);
	return arg;
}

static int initialise(bool block)
{
	announces a{"initialiser"};
	if (block) {
		step_made();
		for (;;)
			pause();
	}
	return 4;
}

static void *in_guard(void *arg)
{
	static int value = initialise(arg != NULL);
	return (void *)(long)value;
}

static void *exits(void *)
{
	announces a{"exiting"};
	std::lock_guard l(m);
	pthread_exit((void *)8);
}

int main()
{
	pthread_t t;
	void *got;
	observe("start");
	pthread_create(&t, NULL, waits, NULL);
	step_wait(1);
	wait_asleep(tid);
	pthread_cancel(t);
	pthread_join(t, &got);
	say("cancelled %d, free %d\n", got == PTHREAD_CANCELED, m.try_lock());
	m.unlock();
	pthread_create(&t, NULL, in_guard, (void *)1);
	step_wait(2);
	pthread_cancel(t);
	pthread_join(t, &got);
	say("cancelled %d\n", got == PTHREAD_CANCELED);
	show(in_thread(in_guard, NULL));
	show(in_thread(exits, NULL));
	show(m.try_lock());
	observe("end");
	_exit(0);
}
