/*
 * A condition wait without holding the mutex.
 * EXPECT: cond-wait-unlocked a
 * EXPECT-STACK: waits
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
	unlock(&a);
	waits();
	return 0;
}
