/*
 * A timed wait for a lock that the thread itself holds ends: no error.
 * EXPECT: nothing
 */
#include "case.h"

MUTEX(a);

int main(void)
{
	struct timespec soon = in_ms(CLOCK_REALTIME, 10);
	lock(&a);
	if (pthread_mutex_timedlock(&a, &soon) != ETIMEDOUT)
		return 1;
	unlock(&a);
	return 0;
}
