/*
 * A recursive lock is acquired again while another lock is held: no wait is possible.
 * EXPECT: nothing
 */
#include "case.h"

static pthread_mutex_t a = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
MUTEX(b);

static void a_b_a(void)
{
	lock(&a);
	lock(&b);
	lock(&a);
	unlock(&a);
	unlock(&b);
	unlock(&a);
}

int main(void)
{
	in_turn(a_b_a, a_b_a);
	return 0;
}
