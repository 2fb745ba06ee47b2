/*
 * A thread unlocks a mutex once too often.
 * EXPECT: unlock-not-held a
 * EXPECT-STACK: once_more
 */
#include "case.h"

MUTEX(a);

static void once_more(void)
{
	unlock(&a);
}

int main(void)
{
	lock(&a);
	unlock(&a);
	once_more();
	return 0;
}
