/*
 * A lock acquired by try-lock is held like any other: the thread waits for b while it holds a.
 * EXPECT: lock-order a b
 */
#include "case.h"

MUTEX(a);
MUTEX(b);

static void try_a_b(void)
{
	if (pthread_mutex_trylock(&a))
		return;
	lock(&b);
	unlock(&b);
	unlock(&a);
}

IN_ORDER(b_a, b, a)

int main(void)
{
	in_turn(try_a_b, b_a);
	return 0;
}
