/*
 * A thread works in a loop and cleans up, which uses two locks, once a state says that the other
 * one has finished; it never waits.
 * CANNOT: the state is set after the locks are released.
 * NEAR CAN: the thread cleans up in its last round in any case.
 */
#include "scene.h"

enum { ROUNDS = 30 };

MUTEX(a);
MUTEX(b);
MUTEX(state_lock);
static enum { WORKING, FINISHED, CLEAN } state;
IN_ORDER(a_b, a, b)
IN_ORDER(b_a, b, a)

static void worker(void)
{
	ms(4);
	a_b();
	lock(state_lock);
#ifndef NEAR
	state = FINISHED;
#endif
	unlock(state_lock);
}

static void cleaner(void)
{
	for (int i = 0; i < ROUNDS; i++) {
		bool clean = false;
		lock(state_lock);
#ifdef NEAR
		if (i == ROUNDS - 1)
			state = FINISHED;
#endif
		if (state == FINISHED) {
			state = CLEAN;
			clean = true;
		}
		unlock(state_lock);
		if (clean)
			b_a();
		ms(0.5);
	}
}

int main(void)
{
	side_by_side(worker, cleaner);
}
