/*
 * A condition wait with a mutex that another thread holds.
 * EXPECT: cond-wait-unlocked a
 */
#include "case.h"

MUTEX(a);
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;

static void waits(void)
{
	struct timespec soon = in_ms(CLOCK_REALTIME, 10);
	pthread_cond_timedwait(&c, &a, &soon);
}

int main(void)
{
	lock(&a);
	in_thread(waits);
	return 0;
}
