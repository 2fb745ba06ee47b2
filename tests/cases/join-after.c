/*
 * A thread is joined while no lock is held.
 * EXPECT: nothing
 */
#include "case.h"

MUTEX(a);

static void takes(void)
{
	lock(&a);
	unlock(&a);
}

int main(void)
{
	lock(&a);
	unlock(&a);
	in_thread(takes);
	return 0;
}
