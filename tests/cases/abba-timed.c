/*
 * One of the waits is timed and ends by itself: no error.
 * EXPECT: nothing
 * EXPECT-FILTERED: timed a b
 */
#include "case.h"

MUTEX(a);
MUTEX(b);

IN_ORDER(a_b, a, b)

static void b_timed_a(void)
{
	struct timespec soon = in_ms(CLOCK_REALTIME, 5000);
	lock(&b);
	if (!pthread_mutex_timedlock(&a, &soon))
		unlock(&a);
	unlock(&b);
}

int main(void)
{
	in_turn(a_b, b_timed_a);
	return 0;
}
