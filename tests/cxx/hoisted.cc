/*
 * Both branches of a function begin with the same call. Some compilers make one call of the two,
 * and give it line 0: then the place is the function's. ONLY: clang-O[123], g++ makes two calls
 * RUN: branches lock-order
 * RUN: one-branch nothing
 */
#include "turn.h"

#include <mutex>
#include <thread>

static std::mutex left, right;
static int sum;

static void add(int n)
{
	std::lock_guard lock(left);
	std::lock_guard other(right); // AT branches: wants right in add(int)
	sum += n;
}

static void clear()
{
	std::lock_guard lock(left);
	sum = 0;
}

// AT branches: holds left in run(bool)
__attribute__((noinline)) static void run(bool adds)
{
	if (adds)
		add(3);
	else
		clear();
}

static void back()
{
	std::lock_guard lock(right); // AT branches: holds right in back()
	std::lock_guard other(left); // AT branches: wants left in back()
	sum--;
}

int main(int, char **argv)
{
	bool branches = is(argv[1], "branches");
	std::thread t([=] {
		turn mine(0);
		run(branches);
	});
	std::thread u([] {
		turn mine(1);
		back();
	});
	t.join();
	u.join();
	return sum == 77;
}
