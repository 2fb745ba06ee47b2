/*
 * a destroyed lock lies between two others: one thread took it under s1, another took s2 under it.
 * Both can meet there in another run, and a third thread then closes the cycle.
 * EXPECT: lock-order s1 shared s2
 */
#include "case.h"

MUTEX(s1);
MUTEX(s2);
static pthread_mutex_t shared;

IN_ORDER(under_s1, s1, shared)
IN_ORDER(s2_under, shared, s2)
static void end_shared(void)
{
	pthread_mutex_destroy(&shared);
}
IN_ORDER(other_way, s2, s1)

int main(void)
{
	pthread_mutex_init(&shared, NULL);
	in_turn(under_s1, s2_under, end_shared, other_way);
	return 0;
}
