/*
 * A fork by the thread that holds a lock; parent and child both release it.
 * EXPECT: nothing
 */
#include "case.h"

MUTEX(a);

int main(void)
{
	lock(&a);
	if (!fork()) {
		unlock(&a);
		lock(&a);
		unlock(&a);
		_exit(0);
	}
	unlock(&a);
	wait(NULL);
	return 0;
}
