/*
 * A thread waits for a std::atomic to change, which the other one does.
 * CANNOT: it is changed after the locks are released.
 * NEAR CAN: it is changed before they are acquired.
 */
#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>

static std::atomic<int> state{0};

static void change()
{
	state = 1;
	state.notify_one();
}

static void sleep_ms(int n)
{
	std::this_thread::sleep_for(std::chrono::milliseconds(n));
}

int main()
{
	static std::mutex a, b;
	std::thread first([] {
		sleep_ms(1);
#ifdef NEAR
		change();
#endif
		std::scoped_lock hold_a(a);
		std::scoped_lock hold_b(b);
	});
	std::thread second([&] {
		state.wait(0);
		sleep_ms(4);
		std::scoped_lock hold_b(b);
		std::scoped_lock hold_a(a);
	});
#ifndef NEAR
	first.join();
	change();
#else
	first.join();
#endif
	second.join();
}
