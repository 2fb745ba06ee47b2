/*
 * The second order uses try-lock only.
 * EXPECT: nothing
 */
#include "case.h"

MUTEX(a);
MUTEX(b);

IN_ORDER(a_b, a, b)

static void b_try_a(void)
{
	lock(&b);
	if (!pthread_mutex_trylock(&a))
		unlock(&a);
	unlock(&b);
}

int main(void)
{
	in_turn(a_b, b_try_a);
	return 0;
}
