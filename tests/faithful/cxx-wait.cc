/*
 * cxx-wait — conditions, futures, semaphores, latches, barriers, atomic waits, stop tokens.
 * STEERED: yes
 */
#include "observe.h"
#include <atomic>
#include <barrier>
#include <condition_variable>
#include <future>
#include <latch>
#include <mutex>
#include <semaphore>
#include <shared_mutex>
#include <stop_token>
#include <thread>

using namespace std::chrono_literals;
static std::mutex m;
static std::condition_variable cv;
static std::condition_variable_any any;
static int turn;

static void conditions()
{
	std::thread t([] {
		for (int i = 0; i < 200; i++) {
			std::unique_lock l(m);
			cv.wait(l, [&] { return turn == 1; });
			turn = 0;
			cv.notify_all();
		}
	});
	for (int i = 0; i < 200; i++) {
		std::unique_lock l(m);
		turn = 1;
		cv.notify_one();
		cv.wait(l, [&] { return turn == 0; });
	}
	t.join();
	std::unique_lock l(m);
	say("for %d\n", (int)cv.wait_for(l, 3ms));
	say("until %d\n", (int)cv.wait_until(l, std::chrono::system_clock::now() + 3ms));
	std::shared_mutex s;
	std::shared_lock r(s);
	say("any %d\n", (int)any.wait_for(r, 3ms));
	std::jthread j([](std::stop_token stop) {
		std::mutex own;
		std::unique_lock k(own);
		say("stopped %d\n", any.wait(k, stop, [] { return false; }));
	});
	j.request_stop();
}

static void exits()
{
	std::thread t([] {
		std::unique_lock l(m);
		std::notify_all_at_thread_exit(cv, std::move(l));
		turn = 5;
	});
	std::unique_lock l(m);
	cv.wait(l, [] { return turn == 5; });
	l.unlock();
	t.join();
	say("notified at exit\n");
}

static void futures()
{
	std::promise<int> p;
	auto f = p.get_future();
	say("not yet %d\n", (int)f.wait_for(2ms));
	std::thread([&] { p.set_value(9); }).join();
	say("got %d\n", f.get());
	auto a = std::async(std::launch::async, [] { return 10; });
	auto b = std::async(std::launch::deferred, []() -> int { throw 11; });
	try {
		say("async %d\n", a.get());
		b.get();
	} catch (int i) {
		say("thrown %d\n", i);
	}
	std::packaged_task<int()> task([] { return 12; });
	auto c = task.get_future();
	std::thread(std::move(task)).join();
	say("task %d\n", c.get());
}

static void others()
{
	std::counting_semaphore<5> s(2);
	std::latch latch(3);
	std::barrier barrier(3, []() noexcept { say("phase\n"); });
	std::atomic<int> word{0};
	auto work = [&] {
		s.acquire();
		s.release();
		latch.arrive_and_wait();
		barrier.arrive_and_wait();
		barrier.arrive_and_wait();
		word.wait(0);
	};
	std::thread a(work), b(work), c(work);
	latch.wait();
	word = 1;
	word.notify_all();
	a.join();
	b.join();
	c.join();
	say("semaphore %d %d %d\n", s.try_acquire(), s.try_acquire(), s.try_acquire_for(2ms));
}

int main()
{
	observe("start");
	conditions();
	exits();
	futures();
	others();
	errno = 0; /* a futex call of libstdc++ may have changed it */
	observe("end");
}
