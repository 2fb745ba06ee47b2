/*
 * A thread ended with a lock and was joined, which is reported at once; then main waits for this
 * lock, which is the same finding, with the wait added.
 * EXPECT: exit-holding a
 * EXPECT-STACK: keeps, main
 */
#include "case.h"

MUTEX(a);

static void keeps(void)
{
	lock(&a);
}

int main(void)
{
	in_thread(keeps);
	lock(&a);
	return 0;
}
