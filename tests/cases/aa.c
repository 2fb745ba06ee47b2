/*
 * One thread acquires a normal mutex twice.
 * EXPECT: self-deadlock a
 * EXPECT-STACK: again, main
 */
#include "case.h"

MUTEX(a);

static void again(void)
{
	lock(&a);
	unlock(&a);
}

int main(void)
{
	lock(&a);
	again();
	unlock(&a);
	return 0;
}
