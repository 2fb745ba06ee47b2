/*
 * As deep-abba, but both threads acquire the two locks in one order, and the first thread releases
 * its locks in the order in which it acquired them, and then all of it again.
 * EXPECT: nothing
 */
#include "deep.h"

MUTEX(a);
MUTEX(b);

static void down(void)
{
	for (int round = 0; round < 3; round++) {
		go_down(0);
		lock(&a);
		lock(&b);
		come_up_by_age(0);
		unlock(&a);
		unlock(&b);
	}
}

static void a_then_b(void)
{
	lock(&a);
	lock(&b);
	unlock(&b);
	unlock(&a);
}

int main(void)
{
	in_turn(down, a_then_b);
	return 0;
}
