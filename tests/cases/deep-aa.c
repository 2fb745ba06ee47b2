/*
 * A thread acquires its 180th lock twice.
 * EXPECT: self-deadlock a
 * EXPECT-STACK: again, main
 */
#include "deep.h"

MUTEX(a);

static void again(void)
{
	lock(&a);
}

int main(void)
{
	go_down(0);
	lock(&a);
	again();
	return 0;
}
