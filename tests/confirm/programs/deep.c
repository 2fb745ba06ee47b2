/*
 * The two locks are acquired at the bottom of a recursion, whose depth is another one each time.
 * CAN: nothing orders the threads.
 */
#include "scene.h"

MUTEX(tree);
MUTEX(journal);

__attribute__((noinline)) static int descend(int depth, bool backwards)
{
	if (depth > 0)
		return descend(depth - 1, backwards) + 1;
	lock(*(backwards ? &journal : &tree));
	lock(*(backwards ? &tree : &journal));
	unlock(tree);
	unlock(journal);
	return 0;
}

static void forwards(void)
{
	for (int i = 1; i < 20; i++) {
		descend(i, false);
		ms(0.2);
	}
}

static void backwards(void)
{
	ms(10);
	descend(7 + getpid() % 3, true);
}

int main(void)
{
	side_by_side(forwards, backwards);
}
