/*
 * A try-lock does not wait, even if the thread itself holds the lock.
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
