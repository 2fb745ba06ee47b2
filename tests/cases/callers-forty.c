/*
 * Forty functions acquire through one function, all at the same depth of the stack: the whole stack
 * of each is kept.
 * EXPECT: lock-order a b
 * EXPECT-STACK: enter, reversed
 * EXPECT-VARIANTS: 39
 */
#include "case.h"

#define KEEP __attribute__((noinline, noclone))

MUTEX(a);
MUTEX(b);

KEEP static void enter(void)
{
	lock(&a);
	lock(&b);
	unlock(&b);
	unlock(&a);
}

#define CALLER(n)                                                                                  \
	KEEP static void caller_##n(void)                                                          \
	{                                                                                          \
		enter();                                                                           \
	}
#define TEN(OF, n)                                                                                 \
	OF(n##0) OF(n##1) OF(n##2) OF(n##3) OF(n##4) OF(n##5) OF(n##6) OF(n##7) OF(n##8) OF(n##9)
#define NAME(n) caller_##n,
TEN(CALLER, 1)
TEN(CALLER, 2)
TEN(CALLER, 3)
TEN(CALLER, 4)

static void callers(void)
{
	static const part each[] = {TEN(NAME, 1) TEN(NAME, 2) TEN(NAME, 3) TEN(NAME, 4)};

	for (size_t i = 0; i < sizeof(each) / sizeof(each[0]); i++)
		each[i]();
}

IN_ORDER(reversed, b, a)

int main(void)
{
	in_turn(callers, reversed);
	return 0;
}
