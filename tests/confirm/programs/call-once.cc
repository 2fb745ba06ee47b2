/*
 * A function that std::call_once runs acquires a lock; another thread calls it with that lock held.
 * CAN: the second thread has the lock while the first one is in the function.
 * FLAGS: -O2
 */
#include <chrono>
#include <mutex>
#include <thread>

static std::mutex registry;
static std::once_flag flag;
static int loaded;

static void sleep_ms(int n)
{
	std::this_thread::sleep_for(std::chrono::milliseconds(n));
}

static void load()
{
	std::call_once(flag, [] {
		sleep_ms(1);
		std::lock_guard<std::mutex> hold(registry);
		loaded++;
	});
}

int main()
{
	std::thread first(load);
	std::thread second([] {
		sleep_ms(8);
		std::lock_guard<std::mutex> hold(registry);
		load();
	});
	first.join();
	second.join();
}
