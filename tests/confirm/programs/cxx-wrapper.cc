/*
 * Values with a std::mutex each, reached through templates that -O2 inlines altogether.
 * CAN: nothing orders the threads.
 * FLAGS: -O2
 */
#include <chrono>
#include <mutex>
#include <thread>
#include <utility>

template <class T> class Guarded
{
      public:
	template <class F> auto with(F f)
	{
		std::lock_guard<std::mutex> hold(mutex);
		return f(value);
	}

      private:
	std::mutex mutex;
	T value{};
};

static Guarded<long> balance;
static Guarded<int> journal;

int main()
{
	std::thread first(
		[] { balance.with([](long &b) { journal.with([&](int &j) { j++, b++; }); }); });
	std::thread second([] {
		std::this_thread::sleep_for(std::chrono::milliseconds(5));
		journal.with([](int &j) { balance.with([&](long &b) { j++, b--; }); });
	});
	first.join();
	second.join();
}
