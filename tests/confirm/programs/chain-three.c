/*
 * Each thread holds two locks when it wants a third: the one that the other thread wants is the
 * outer one here, the inner one there.
 * CAN: nothing orders the threads.
 */
#include "scene.h"

MUTEX(a);
MUTEX(b);
MUTEX(c);
MUTEX(d);

static void a_b_c(void)
{
	lock(a);
	lock(b);
	lock(c);
	unlock(c);
	unlock(b);
	unlock(a);
}

static void d_c_a(void)
{
	ms(5);
	lock(d);
	lock(c);
	lock(a);
	unlock(a);
	unlock(c);
	unlock(d);
}

int main(void)
{
	side_by_side(a_b_c, d_c_a);
}
