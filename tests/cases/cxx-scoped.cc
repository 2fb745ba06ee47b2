/*
 * std::scoped_lock in both orders backs off by itself.
 * EXPECT: nothing
 */
#include "case.h"

#include <mutex>

static std::mutex a, b;

static void a_b()
{
	std::scoped_lock l(a, b);
}

static void b_a()
{
	std::scoped_lock l(b, a);
}

int main()
{
	in_turn(a_b, b_a, a_b);
}
