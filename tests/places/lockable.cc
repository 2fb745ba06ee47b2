/*
 * lockable.cc — wrappers that are mixed with the C++ library: a class that std::lock_guard
 * locks, a template of a guard, and a guard that holds a std::unique_lock.
 */
#include <atomic>
#include <mutex>
#include <thread>

namespace base
{
class Lock {
public:
	void lock() { mutex_.lock(); }
	void unlock() { mutex_.unlock(); }

private:
	std::mutex mutex_;
};

template <typename Mutex> class Guard {
public:
	explicit Guard(Mutex &mutex) : mutex_(mutex)
	{
		mutex_.lock();
	}
	~Guard() { mutex_.unlock(); }

private:
	Mutex &mutex_;
};

class Holder {
public:
	explicit Holder(std::mutex &mutex) : lock_(mutex) {}

private:
	std::unique_lock<std::mutex> lock_;
};
} // namespace base

static base::Lock orders;
static std::mutex prices;
static int sold;

static void sell()
{
	std::lock_guard<base::Lock> lock(orders); // acquired here
	base::Holder holder(prices);		  // acquired here

	sold++;
}

static void revise()
{
	base::Guard<std::mutex> guard(prices); // acquired here
	base::Guard<base::Lock> lock(orders);  // acquired here

	sold--;
}

/* The second thread begins when the first is done; neither waits for a lock. */
int main()
{
	std::atomic<bool> done{false};
	std::thread first([&] {
		sell();
		done = true;
	});
	std::thread second([&] {
		while (!done)
			std::this_thread::yield();
		revise();
	});

	first.join();
	second.join();
}
