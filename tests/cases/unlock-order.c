/*
 * Locks are released in the order in which they were acquired: allowed.
 * EXPECT: nothing
 */
#include "case.h"

MUTEX(a);
MUTEX(b);
MUTEX(c);

int main(void)
{
	lock(&a);
	lock(&b);
	lock(&c);
	unlock(&a);
	unlock(&b);
	unlock(&c);
	return 0;
}
