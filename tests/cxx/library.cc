/*
 * A shared object that has its debug information in itself, and a program that calls it with a lock
 * of its own held. The object's own locks are members of a type that the program does not know.
 * LIBRARY
 * RUN: callback lock-order
 * RUN: direct nothing
 */
#include "turn.h"

#include <functional>
#include <mutex>
#include <thread>

namespace store
{
struct Store;
Store *open();
void put(Store *store, int key);
void each(Store *store, const std::function<void(int)> &call);
} // namespace store

#ifdef LIBRARY
#include <set>

struct store::Store {
	std::mutex index_mutex;
	std::set<int> keys{1};
};
store::Store *store::open()
{
	return new Store;
}
void store::put(Store *store, int key)
{
	// AT callback: wants Store::index_mutex in store::put(store::Store*, int)
	std::lock_guard lock(store->index_mutex);
	store->keys.insert(key);
}
void store::each(Store *store, const std::function<void(int)> &call)
{
	// AT callback: holds Store::index_mutex in store::each(store::Store*, std::function<void (int)> const&)
	std::lock_guard lock(store->index_mutex);
	for (int key : store->keys)
		call(key);
}
#else
class View
{
      public:
	explicit View(store::Store *store) : store_(store)
	{
	}
	void refresh()
	{
		store::each(store_, [this](int key) {
			// AT callback: wants View::mutex_ in View::refresh()::{lambda#1}
			std::lock_guard lock(mutex_);
			shown_ = key;
		});
	}
	void save()
	{
		std::lock_guard lock(mutex_); // AT callback: holds View::mutex_ in View::save()
		store::put(store_, shown_);
	}
	void show(int key)
	{
		std::lock_guard lock(mutex_);
		shown_ = key;
	}

      private:
	store::Store *store_;
	std::mutex mutex_;
	int shown_ = 0;
};

int main(int, char **argv)
{
	const char *run = argv[1];
	View view(store::open());
	std::thread t([&] {
		turn mine(0);
		view.refresh();
	});
	auto save = [](View &v) { v.save(); };
	auto show = [](View &v) { v.show(3); };
	void (*volatile use)(View &) = show;
	if (is(run, "callback"))
		use = save;
	std::thread u([&] {
		turn mine(1);
		use(view);
	});
	t.join();
	u.join();
}
#endif
