/*
 * A lock function for each lock: two functions that acquire `a` under `b` through them are two
 * mistakes, a function that calls one of the two is none.
 * EXPECT: lock-order a b
 * EXPECT: lock-order a b
 * EXPECT-STACK: a_then_b, b_then_a, b_then_a_too
 * EXPECT-VARIANTS: 1
 */
#include "case.h"

#define KEEP __attribute__((noinline, noclone))

MUTEX(a);
RWLOCK(b);

KEEP static void acquire_a(void)
{
	lock(&a);
}

KEEP static void acquire_b(void)
{
	pthread_rwlock_wrlock(&b);
}

#define ORDER(name, first, second)                                                                 \
	KEEP static void name(void)                                                                \
	{                                                                                          \
		first();                                                                           \
		second();                                                                          \
		unlock(&a);                                                                        \
		pthread_rwlock_unlock(&b);                                                         \
	}
ORDER(a_then_b, acquire_a, acquire_b)
ORDER(b_then_a, acquire_b, acquire_a)
ORDER(b_then_a_too, acquire_b, acquire_a)

KEEP static void caller(void)
{
	b_then_a();
}

int main(void)
{
	in_turn(a_then_b, b_then_a, b_then_a_too, caller);
	return 0;
}
