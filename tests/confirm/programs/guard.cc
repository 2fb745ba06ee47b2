/*
 * The constructor of a local static acquires a lock, and throws the first time; another thread uses
 * the static with that lock held.
 * CAN: the second thread has the lock while the first one runs the constructor.
 * FLAGS: -O2
 */
#include <chrono>
#include <mutex>
#include <thread>

static std::recursive_mutex registry;
static bool ready;

static void sleep_ms(int n)
{
	std::this_thread::sleep_for(std::chrono::milliseconds(n));
}

struct Plugin {
	Plugin()
	{
		sleep_ms(1);
		std::lock_guard hold(registry);
		if (!ready)
			throw 1;
	}
};

static void use_plugin()
{
	static Plugin made;
}

int main()
{
	std::thread first([] {
		try {
			use_plugin();
		} catch (int) {
		}
	});
	std::thread second([] {
		sleep_ms(8);
		std::lock_guard hold(registry);
		ready = true;
		use_plugin();
	});
	first.join();
	second.join();
}
