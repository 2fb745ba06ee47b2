/*
 * A pool of threads that runs std::function tasks; std::jthread, and the semaphores, latches and
 * barriers of C++20.
 * ONLY: *-[Of]*, libc++ 14 has no std::jthread
 * RUN: tasks lock-order
 * RUN: tasks-ordered nothing
 * RUN: latch nothing
 */
#include "turn.h"

#include <barrier>
#include <condition_variable>
#include <functional>
#include <latch>
#include <mutex>
#include <queue>
#include <semaphore>
#include <thread>
#include <vector>

class ThreadPool
{
      public:
	explicit ThreadPool(int n)
	{
		for (int i = 0; i < n; i++)
			workers_.emplace_back([this](std::stop_token stop) { work(stop); });
	}
	~ThreadPool()
	{
		for (auto &worker : workers_)
			worker.request_stop();
	}
	void submit(std::function<void()> task)
	{
		{
			std::scoped_lock lock(mutex_);
			tasks_.push(std::move(task));
		}
		ready_.notify_one();
	}

      private:
	void work(std::stop_token stop)
	{
		while (true) {
			std::function<void()> task;
			{
				std::unique_lock lock(mutex_);
				if (!ready_.wait(lock, stop, [this] { return !tasks_.empty(); }))
					return;
				task = std::move(tasks_.front());
				tasks_.pop();
			}
			task();
		}
	}
	std::mutex mutex_;
	std::condition_variable_any ready_;
	std::queue<std::function<void()>> tasks_;
	std::vector<std::jthread> workers_;
};

class Stats
{
      public:
	std::mutex count_mutex, sum_mutex;
	int count = 0;
	long sum = 0;

	void add(int n)
	{
		// AT tasks: holds Stats::count_mutex in Stats::add(int)
		std::lock_guard c(count_mutex);
		count++;
		// AT tasks: wants Stats::sum_mutex in Stats::add(int)
		std::lock_guard s(sum_mutex);
		sum += n;
	}
	double mean()
	{
		// AT tasks: holds Stats::sum_mutex in Stats::mean()
		std::lock_guard s(sum_mutex);
		// AT tasks: wants Stats::count_mutex in Stats::mean()
		std::lock_guard c(count_mutex);
		return count ? static_cast<double>(sum) / count : 0;
	}
};

/* Two tasks that run on two threads of the pool, as the first begins when the second does. */
static void run_tasks(ThreadPool &pool, std::function<void()> first, std::function<void()> second)
{
	std::atomic<int> begun = 0, done = 0;

	pool.submit([&, first] {
		while (!begun)
			sched_yield();
		turn mine(0);
		first();
		++done;
	});
	pool.submit([&, second] {
		++begun;
		turn mine(1);
		second();
		++done;
	});
	while (done != 2)
		sched_yield();
}

int main(int, char **argv)
{
	const char *run = argv[1];
	Stats stats;

	if (is(run, "tasks")) {
		ThreadPool pool(2);
		run_tasks(
			pool, [&] { stats.add(1); }, [&] { stats.mean(); });
	} else if (is(run, "tasks-ordered")) {
		ThreadPool pool(2);
		run_tasks(
			pool, [&] { stats.add(1); }, [&] { stats.add(2); });
	} else if (is(run, "latch")) {
		std::latch begun(2);
		std::barrier met(2);
		std::counting_semaphore<8> permits(2);
		auto work = [&] {
			begun.arrive_and_wait();
			permits.acquire();
			stats.add(1);
			permits.release();
			met.arrive_and_wait();
		};
		std::jthread t(work), u(work);
	}
}
