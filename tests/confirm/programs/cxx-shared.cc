/*
 * Two std::shared_mutex: each thread reads one and writes the other.
 * CAN: nothing orders the threads.
 * FLAGS: -O2
 */
#include <chrono>
#include <mutex>
#include <shared_mutex>
#include <thread>

static std::shared_mutex names, numbers;
static int count;

template <class A, class B> static void copy(A &from, B &to)
{
	std::shared_lock read(from);
	std::unique_lock write(to);
	count++;
}

int main()
{
	std::thread first([] { copy(names, numbers); });
	std::thread second([] {
		std::this_thread::sleep_for(std::chrono::milliseconds(5));
		copy(numbers, names);
	});
	first.join();
	second.join();
}
