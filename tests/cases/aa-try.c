/*
 * A try does not wait, not even for oneself.
 * EXPECT: nothing
 */
#include "case.h"

MUTEX(a);

int main(void)
{
	lock(&a);
	if (pthread_mutex_trylock(&a) != EBUSY)
		return 1;
	unlock(&a);
	return 0;
}
