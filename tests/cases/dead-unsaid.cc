/*
 * Objects with two std::mutex, one taken inside the other, come and go: no call initializes or
 * destroys such a mutex. In the last object another thread takes them the other way round.
 * EXPECT: lock-order object::inner object::outer
 */
#include "case.h"
#include <mutex>
#include <new>

struct object {
	std::mutex outer, inner;
};
static object *last;

static void objects()
{
	for (int i = 0;; i++) {
		last = new object;
		{
			std::lock_guard<std::mutex> a(last->outer);
			std::lock_guard<std::mutex> b(last->inner);
		}
		if (i == 50)
			return;
		delete last;
	}
}

static void other_way()
{
	std::lock_guard<std::mutex> b(last->inner);
	std::lock_guard<std::mutex> a(last->outer);
}

int main()
{
	in_turn(objects, other_way);
	return 0;
}
