/*
 * One lock function for every lock: it does not know which locks it is given, so two functions that
 * acquire `a` under `b` are two mistakes.
 * EXPECT: lock-order a b
 * EXPECT: lock-order a b
 * EXPECT-STACK: a_then_b, b_then_a, b_then_a_too
 * EXPECT-VARIANTS: 0
 */
#include "case.h"

#define KEEP __attribute__((noinline, noclone))

MUTEX(a);
MUTEX(b);

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
ORDER(b_then_a_too, b, a)

int main(void)
{
	in_turn(a_then_b, b_then_a, b_then_a_too);
	return 0;
}
