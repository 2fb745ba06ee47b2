/*
 * As barrier-rounds, but the two orders are between the same two rounds of each thread. A turn,
 * which orders nothing that lockhound sees, keeps them from a deadlock.
 * EXPECT: lock-order a b
 * EXPECT: lock-order c d
 */
#include "barrier-rounds.h"

static volatile int turn;

static void wait_for_turn(int number)
{
	while (turn < number)
		sched_yield();
}

int main(void)
{
	run_rounds();
	return 0;
}

static void at_the_end(int worker)
{
	pthread_barrier_wait(&all);
	if (worker == 0) {
		a_b();
		turn = 1;
	}
	if (worker)
		pthread_barrier_wait(&workers);
	if (worker == 1) {
		wait_for_turn(1);
		b_a(); /* the barrier of the workers does not order main */
		c_d();
		turn = 2;
	}
	if (worker == 2) {
		wait_for_turn(2);
		d_c();
	}
}
