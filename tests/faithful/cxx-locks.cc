/*
 * cxx-locks — every mutex of the C++ library, by try, time limit and guard.
 */
#include "observe.h"
#include <chrono>
#include <mutex>
#include <shared_mutex>
#include <thread>

using namespace std::chrono_literals;
static std::mutex plain, second;
static std::recursive_mutex recursive;
static std::timed_mutex timed;
static std::recursive_timed_mutex recursive_timed;
static std::shared_mutex shared;
static std::shared_timed_mutex shared_timed;

template <class Mutex> static void from_elsewhere(const char *name, Mutex &m)
{
	std::thread([&] {
		bool got = m.try_lock();
		say("%s from elsewhere: %d\n", name, got);
		if (got)
			m.unlock();
	}).join();
}

template <class Mutex> static void timed_out(const char *name, Mutex &m)
{
	std::thread([&] {
		auto past = std::chrono::system_clock::now() - 1h;
		auto steady = std::chrono::steady_clock::now() - 1h;
		say("%s for %d until %d %d\n", name, m.try_lock_for(2ms), m.try_lock_until(past),
		    m.try_lock_until(steady));
	}).join();
}

static void exclusive()
{
	std::lock_guard a(plain);
	from_elsewhere("mutex", plain);
	std::scoped_lock b(second, timed);
	from_elsewhere("second", second);
	timed_out("timed", timed);
	std::lock_guard c(recursive), d(recursive);
	from_elsewhere("recursive", recursive);
	std::unique_lock e(recursive_timed);
	say("recursive_timed again %d\n", recursive_timed.try_lock_for(1s));
	recursive_timed.unlock();
	timed_out("recursive_timed", recursive_timed);
	try {
		e.lock();
	} catch (const std::system_error &error) {
		say("unique_lock: %d\n", error.code().value());
	}
}

static void shares()
{
	{
		std::shared_lock a(shared);
		std::shared_lock b(shared_timed);
		from_elsewhere("shared", shared);
		std::thread([] {
			say("shared with %d %d %d\n", shared.try_lock_shared(),
			    shared_timed.try_lock_shared_for(1s), shared_timed.try_lock_for(1ms));
			shared.unlock_shared();
			shared_timed.unlock_shared();
		}).join();
	}
	std::unique_lock a(shared);
	std::unique_lock b(shared_timed);
	std::thread([] {
		say("not shared with %d %d\n", shared.try_lock_shared(),
		    shared_timed.try_lock_shared_until(std::chrono::system_clock::now()));
	}).join();
}

int main()
{
	observe("start");
	exclusive();
	shares();
	/* both orders at once: std::lock backs off by itself */
	std::thread t([] {
		for (int i = 0; i < 20000; i++)
			std::scoped_lock l(plain, second, shared);
	});
	for (int i = 0; i < 20000; i++)
		std::scoped_lock l(shared, second, plain);
	t.join();
	say("try_lock: %d\n", std::try_lock(plain, second));
	observe("end");
}
