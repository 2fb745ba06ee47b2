/*
 * One lock function for every lock: cycles of different locks are different mistakes, although all
 * of their locks are acquired at the same place.
 * EXPECT: lock-order a b
 * EXPECT: lock-order c d
 * EXPECT-STACK: a_then_b, b_then_a, c_then_d, d_then_c
 * EXPECT-VARIANTS: 0
 */
#include "case.h"

#define KEEP __attribute__((noinline, noclone))

MUTEX(a);
MUTEX(b);
MUTEX(c);
MUTEX(d);

KEEP static void acquire(pthread_mutex_t *m)
{
	lock(m);
}

#define ORDER(name, first, second)                                                                 \
	KEEP static void name(void)                                                                \
	{                                                                                          \
		acquire(&first);                                                                   \
		acquire(&second);                                                                  \
		unlock(&second);                                                                   \
		unlock(&first);                                                                    \
	}
ORDER(a_then_b, a, b)
ORDER(b_then_a, b, a)
ORDER(c_then_d, c, d)
ORDER(d_then_c, d, c)

int main(void)
{
	in_turn(a_then_b, b_then_a, c_then_d, d_then_c);
	return 0;
}
