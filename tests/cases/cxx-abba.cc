/*
 * std::mutex in two orders.
 * EXPECT: lock-order a b
 */
#include "case.h"

#include <mutex>

static std::mutex a, b;

static void a_b()
{
	std::lock_guard x(a);
	std::lock_guard y(b);
}

static void b_a()
{
	std::unique_lock x(b);
	std::unique_lock y(a);
}

int main()
{
	in_turn(a_b, b_a);
}
