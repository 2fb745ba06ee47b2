/*
 * A thread waits for a std::latch that two workers count down.
 * CANNOT: each worker counts after it has released its locks.
 * NEAR CAN: the latch begins with 1, so that it opens when the first worker has counted.
 */
#include <chrono>
#include <latch>
#include <mutex>
#include <thread>

#ifdef NEAR
static std::latch finished(1);
#else
static std::latch finished(2);
#endif
static std::mutex a, b;

static void sleep_ms(int n)
{
	std::this_thread::sleep_for(std::chrono::milliseconds(n));
}

int main()
{
	std::thread first([] {
		sleep_ms(1);
		finished.count_down();
	});
	std::thread second([] {
		sleep_ms(3);
		{
			std::scoped_lock hold_a(a);
			std::scoped_lock hold_b(b);
		}
#ifndef NEAR
		finished.count_down();
#endif
	});
	std::thread third([] {
		finished.wait();
		sleep_ms(6);
		std::scoped_lock hold_b(b);
		std::scoped_lock hold_a(a);
	});
	first.join();
	second.join();
	third.join();
}
