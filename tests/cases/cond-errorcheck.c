/*
 * An errorcheck mutex itself returns EPERM.
 * EXPECT: nothing
 */
#include "case.h"

static pthread_mutex_t a = PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP;
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;

int main(void)
{
	struct timespec soon = in_ms(CLOCK_REALTIME, 10);
	lock(&a);
	unlock(&a);
	if (pthread_cond_timedwait(&c, &a, &soon) != EPERM)
		return 1;
	return 0;
}
