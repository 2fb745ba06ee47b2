/* cxx20.cc — what C++20 has for threads and libstdc++ makes of futexes; see run for the modes. */
#include <barrier>
#include <future>
#include <latch>
#include <semaphore>

#include "modes.h"

struct Lock {
	std::binary_semaphore permit{1};
	void lock() { permit.acquire(); }
	void unlock() { permit.release(); }
};
static Lock a, b;
static std::counting_semaphore<8> permits(0);
static std::atomic<int> flag;

static void right()
{
	waits([] { permits.acquire(); }, [] { permits.release(); });
	std::latch latch(1);
	waits([&] { latch.wait(); }, [&] { latch.count_down(); });
	std::barrier barrier(2);
	waits([&] { barrier.arrive_and_wait(); }, [&] { barrier.arrive_and_wait(); });
	waits([] { flag.wait(0); }, [] { flag = 1; flag.notify_one(); });
	std::promise<int> promise;
	std::future<int> future = promise.get_future();
	waits([&] { future.get(); }, [&] { promise.set_value(1); });
}

int main(int argc, char **argv)
{
	return run(argc > 1 ? argv[1] : "right", a, b, right);
}
