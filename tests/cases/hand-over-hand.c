/*
 * Three locks, hand over hand: the first is released before the third is acquired, many times. So
 * it does not keep out a thread that holds it, and acquires the other two in the other order.
 * EXPECT: lock-order b c
 */
#include "case.h"

enum { MANY = 20000 };

MUTEX(a);
MUTEX(b);
MUTEX(c);

static void along(void)
{
	for (volatile int i = 0; i < MANY; i++) {
		lock(&a);
		lock(&b);
		unlock(&a);
		lock(&c);
		unlock(&b);
		unlock(&c);
	}
}

static void back(void)
{
	lock(&a);
	lock(&c);
	lock(&b);
	unlock(&b);
	unlock(&c);
	unlock(&a);
}

int main(void)
{
	in_turn(along, back);
	return 0;
}
