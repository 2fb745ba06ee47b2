/*
 * A thread ends while it holds a mutex.
 * EXPECT: exit-holding a
 * EXPECT-STACK: forgets
 */
#include "case.h"

MUTEX(a);

static void forgets(void)
{
	lock(&a);
}

int main(void)
{
	in_thread(forgets);
	return 0;
}
