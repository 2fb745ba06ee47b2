/*
 * 200 functions acquire through one function, all at the same depth of the stack: the whole stack
 * of 128 is kept, and one for all others, whose callers are not known: there may be no end of them,
 * if code is generated at run time.
 * EXPECT: lock-order a b
 * EXPECT-STACK: enter, reversed
 * EXPECT-VARIANTS: 128
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
#define FIFTY(OF, n) TEN(OF, n##0) TEN(OF, n##1) TEN(OF, n##2) TEN(OF, n##3) TEN(OF, n##4)
#define NAME(n) caller_##n,
FIFTY(CALLER, 1)
FIFTY(CALLER, 2)
FIFTY(CALLER, 3)
FIFTY(CALLER, 4)

static void callers(void)
{
	static const part each[] = {FIFTY(NAME, 1) FIFTY(NAME, 2) FIFTY(NAME, 3) FIFTY(NAME, 4)};

	for (size_t i = 0; i < sizeof(each) / sizeof(each[0]); i++)
		each[i]();
}

IN_ORDER(reversed, b, a)

int main(void)
{
	in_turn(reversed, callers);
	return 0;
}
