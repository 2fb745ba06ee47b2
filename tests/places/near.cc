/*
 * near.cc — near misses: functions that acquire a lock and do something else too. Each is the
 * user's own code, and so is a header in a folder that is named like the C++ library's.
 */
#include "include/c++/12/table.h"
#include <atomic>
#include <cassert>
#include <mutex>
#include <thread>

namespace shop
{
class Stock {
public:
	// acquires, and calls what it is given
	template <typename Function> void with_lock(Function f)
	{
		mutex_.lock(); // acquired here
		f();
		mutex_.unlock();
	}
	// acquires, and changes the object
	void begin()
	{
		mutex_.lock(); // acquired here
		assert(begun_ >= 0);
		begun_++;
	}
	void end() { mutex_.unlock(); }

private:
	std::mutex mutex_;
	int begun_ = 0;
};

// acquires, and calls something else
class Session {
public:
	explicit Session(Table &table) : table_(table)
	{
		log_.lock(); // acquired here
		table_.open();
	}
	~Session()
	{
		table_.close();
		log_.unlock();
	}
	static std::mutex log_;

private:
	Table &table_;
};
std::mutex Session::log_;
} // namespace shop

/* The second thread begins when the first is done; neither waits for a lock. */
int main()
{
	shop::Stock stock;
	shop::Table table;
	std::atomic<bool> done{false};
	std::thread first([&] {
		stock.with_lock([&] { shop::Session session(table); });
		done = true;
	});
	std::thread second([&] {
		while (!done)
			std::this_thread::yield();
		shop::Session session(table);

		stock.begin();
		stock.end();
	});

	first.join();
	second.join();
}
