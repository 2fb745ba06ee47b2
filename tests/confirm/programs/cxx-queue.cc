/*
 * A worker takes jobs from a queue with std::condition_variable.
 * CANNOT: the job is put after the locks are released.
 * NEAR CAN: a second thread puts a job, too.
 */
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <queue>
#include <thread>

class Queue
{
      public:
	void put(int job)
	{
		std::lock_guard hold(mutex);
		jobs.push(job);
		more.notify_one();
	}
	int take()
	{
		std::unique_lock hold(mutex);
		more.wait(hold, [this] { return !jobs.empty(); });
		int job = jobs.front();
		jobs.pop();
		return job;
	}

      private:
	std::mutex mutex;
	std::condition_variable more;
	std::queue<int> jobs;
};

static void sleep_ms(int n)
{
	std::this_thread::sleep_for(std::chrono::milliseconds(n));
}

int main()
{
	static std::mutex a, b;
	static Queue queue;
	std::thread producer([] {
		sleep_ms(1);
		{
			std::scoped_lock hold_a(a);
			std::scoped_lock hold_b(b);
		}
		queue.put(1);
	});
#ifdef NEAR
	std::thread other([] {
		sleep_ms(3);
		queue.put(2);
	});
#endif
	std::thread worker([] {
		queue.take();
		sleep_ms(4);
		std::scoped_lock hold_b(b);
		std::scoped_lock hold_a(a);
	});
	producer.join();
#ifdef NEAR
	other.join();
#endif
	worker.join();
}
