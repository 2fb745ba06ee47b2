/*
 * A pool of four std::thread workers runs std::function tasks; two of eighty tasks use two objects
 * in the other order.
 * CAN: two workers may run two such tasks at a time.
 * FLAGS: -O2
 */
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

class Pool
{
      public:
	explicit Pool(int n)
	{
		for (int i = 0; i < n; i++)
			workers.emplace_back([this] { work(); });
	}
	~Pool()
	{
		add(nullptr);
		for (auto &w : workers)
			w.join();
	}
	void add(std::function<void()> task)
	{
		std::lock_guard hold(mutex);
		tasks.push_back(std::move(task));
		more.notify_all();
	}

      private:
	void work()
	{
		for (;;) {
			std::unique_lock hold(mutex);
			more.wait(hold, [this] { return !tasks.empty(); });
			auto task = tasks.front();
			if (!task)
				return;
			tasks.pop_front();
			hold.unlock();
			task();
		}
	}
	std::mutex mutex;
	std::condition_variable more;
	std::deque<std::function<void()>> tasks;
	std::vector<std::thread> workers;
};

struct Node {
	std::mutex mutex;
	long value = 0;
};

static void move_one(Node &from, Node &to)
{
	std::lock_guard first(from.mutex);
	std::lock_guard second(to.mutex);
	from.value--;
	to.value++;
}

int main()
{
	static Node left, right;
	Pool pool(4);
	for (int i = 0; i < 80; i++)
		pool.add([i] {
			if (i % 40 == 17)
				move_one(right, left);
			else
				move_one(left, right);
			std::this_thread::sleep_for(std::chrono::microseconds(300));
		});
}
