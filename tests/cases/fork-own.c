/*
 * Forks while holding a lock itself; parent and child both give it back.
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
