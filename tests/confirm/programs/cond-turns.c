/*
 * Two threads work in turns, thirty times each; each waits on a condition for its turn.
 * CANNOT: a turn ends after the locks are released.
 * NEAR CAN: one thread ends its turn between its two locks.
 */
#include "scene.h"

enum { TURNS = 30 };

MUTEX(a);
MUTEX(b);
EVENT(turn); /* even: the first thread's */
IN_ORDER(b_a, b, a)

static void first(void)
{
	for (int i = 0; i < TURNS; i++) {
		await_event(&turn, 2 * i);
		lock(a);
#ifdef NEAR
		if (i == TURNS - 2)
			raise_event(&turn);
#endif
		lock(b);
		unlock(b);
		unlock(a);
#ifdef NEAR
		if (i == TURNS - 2)
			continue;
#endif
		raise_event(&turn);
	}
}

static void second(void)
{
	for (int i = 0; i < TURNS; i++) {
		await_event(&turn, 2 * i + 1);
		ms(0.3);
		b_a();
		raise_event(&turn);
	}
}

int main(void)
{
	side_by_side(first, second);
}
