/*
 * A thread releases a mutex that another thread holds.
 * EXPECT: unlock-not-owner a
 * EXPECT-STACK: gives
 */
#include "case.h"

MUTEX(a);

static void gives(void)
{
	unlock(&a);
}

int main(void)
{
	lock(&a);
	in_thread(gives);
	return 0;
}
