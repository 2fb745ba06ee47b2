/*
 * A thread that runs functions of the standard library only: it has no line of the program, so a
 * lock without a name is called after a line of another thread.
 * RUN: held lock-order
 * RUN: in-order nothing
 */
#include "turn.h"

#include <memory>
#include <mutex>
#include <thread>

static std::mutex table;
static std::mutex *volatile spare;

__attribute__((noinline)) static std::mutex &pick()
{
	return *spare;
}

static void spare_first()
{
	pick().lock();               // AT held: holds mutex of headers.cc:23 in spare_first()
	std::lock_guard lock(table); // AT held: wants table in spare_first()
	pick().unlock();
}

static void table_first()
{
	std::lock_guard lock(table); // AT held: holds table in table_first()
	pick().lock();               // AT held: wants mutex of headers.cc:23 in table_first()
	pick().unlock();
}

int main(int, char **argv)
{
	bool held = is(argv[1], "held");
	spare = new std::mutex;
	std::thread other(std::make_unique<std::unique_lock<std::mutex>, std::mutex &>,
			  std::ref(*spare));
	other.join();
	std::thread t([] {
		turn mine(0);
		spare_first();
	});
	std::thread u([=] {
		turn mine(1);
		held ? table_first() : spare_first();
	});
	t.join();
	u.join();
}
