/*
 * cxx-once — call_once, function-local statics (whose initializers throw, recurse, and are called
 * by several threads at once), thread_local with destructors that lock, exceptions through threads.
 */
#include "observe.h"
#include <atomic>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

static std::once_flag flag;
static std::mutex m;
static std::atomic<int> made, ended, threw;

struct slow {
	slow()
	{
		std::lock_guard l(m);
		std::this_thread::yield();
		made++;
	}
};

struct failing {
	failing()
	{
		if (threw++ < 3)
			throw std::runtime_error("not yet");
	}
};

struct ending {
	int id = 0;
	~ending()
	{
		std::lock_guard l(m);
		ended++;
	}
};
static thread_local ending last;

static void work()
{
	static slow once;
	last.id = 1;
	std::call_once(flag, [] {
		std::lock_guard l(m);
		made++;
	});
}

static failing &get()
{
	static failing f;
	return f;
}

int main()
{
	observe("start");
	std::vector<std::thread> t;
	for (int i = 0; i < 16; i++)
		t.emplace_back(work);
	for (auto &x : t)
		x.join();
	say("made %d ended %d\n", made.load(), ended.load());
	for (int i = 0; i < 5; i++) {
		try {
			get();
			say("made at %d\n", i);
		} catch (const std::exception &e) {
			say("%s\n", e.what());
		}
	}
	std::once_flag fails;
	for (int i = 0; i < 3; i++) {
		try {
			std::call_once(fails, [i] {
				if (i < 2)
					throw i;
				say("done at %d\n", i);
			});
		} catch (int n) {
			say("call_once threw %d\n", n);
		}
	}
	observe("end");
}
