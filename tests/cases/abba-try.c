/*
 * The second order uses try-lock only.
 * EXPECT: nothing
 */
#include "case.h"

MUTEX(a);
MUTEX(b);

static void a_b(void)
{
	lock(&a);
	lock(&b);
	unlock(&b);
	unlock(&a);
}

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
