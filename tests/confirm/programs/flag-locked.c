/*
 * A thread looks at a flag under a lock, and sleeps for a fifth of a millisecond, until it is set.
 * CANNOT: the flag is set after the locks are released.
 * NEAR CAN: the flag is set before they are acquired.
 */
#include "scene.h"

MUTEX(a);
MUTEX(b);
MUTEX(flag_lock);
static bool ready;
IN_ORDER(a_b, a, b)
IN_ORDER(b_a, b, a)

static void set(void)
{
	lock(flag_lock);
	ready = true;
	unlock(flag_lock);
}

static bool is_set(void)
{
	lock(flag_lock);
	bool is = ready;
	unlock(flag_lock);
	return is;
}

static void first(void)
{
	ms(1);
#ifdef NEAR
	set();
	a_b();
#else
	a_b();
	set();
#endif
}

static void second(void)
{
	while (!is_set())
		ms(0.2);
#ifdef NEAR
	ms(3);
#endif
	b_a();
}

int main(void)
{
	side_by_side(first, second);
}
