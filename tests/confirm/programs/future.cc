/*
 * A thread waits for the future of the other one's promise.
 * CANNOT: the promise is kept after the locks are released.
 * NEAR CAN: the promise is kept between the two locks.
 */
#include <chrono>
#include <future>
#include <mutex>
#include <thread>

int main()
{
	static std::mutex a, b;
	std::promise<int> promise;
	auto future = promise.get_future();
	std::thread first([&] {
		std::this_thread::sleep_for(std::chrono::milliseconds(1));
		{
			std::lock_guard hold_a(a);
#ifdef NEAR
			promise.set_value(1);
#endif
			std::lock_guard hold_b(b);
		}
#ifndef NEAR
		promise.set_value(1);
#endif
	});
	std::thread second([&] {
		future.get();
		std::this_thread::sleep_for(std::chrono::milliseconds(2));
		std::lock_guard hold_b(b);
		std::lock_guard hold_a(a);
	});
	first.join();
	second.join();
}
