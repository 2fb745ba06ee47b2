/*
 * Many more rounds than any table has rows: a loop whose threads pass a barrier in each round, and
 * a second one that only the workers pass. Orders that a late round keeps apart are no cycle.
 * EXPECT: nothing
 * EXPECT-FILTERED: ordered a b
 * EXPECT-FILTERED: ordered c d
 */
#include "barrier-rounds.h"

int main(void)
{
	run_rounds();
	return 0;
}

static void at_the_end(int worker)
{
	if (worker == 0)
		a_b();
	if (worker == 1)
		c_d();
	pthread_barrier_wait(&all);
	if (worker == 1)
		b_a();
	if (worker)
		pthread_barrier_wait(&workers);
	if (worker == 2)
		d_c();
}
