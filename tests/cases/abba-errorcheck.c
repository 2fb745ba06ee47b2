/*
 * Two errorcheck mutexes in two orders: they only detect that their own thread holds them.
 * EXPECT: lock-order a b
 */
#include "case.h"

static pthread_mutex_t a = PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP;
static pthread_mutex_t b = PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP;

IN_ORDER(a_b, a, b)
IN_ORDER(b_a, b, a)

int main(void)
{
	in_turn(a_b, b_a);
	return 0;
}
