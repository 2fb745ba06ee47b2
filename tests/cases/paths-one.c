/*
 * Two lock functions, called from thirty others in four threads, one thread at a time. enter()
 * acquires `mutex1` and under it `mutex2`, and keeps `mutex2`; leave() acquires `mutex1` again. All
 * cycles are this one mistake: they differ only in who called enter() and leave().
 * EXPECT: lock-order mutex1 mutex2
 * EXPECT-STACK: enter, leave
 * EXPECT-VARIANTS: 58
 */
#include "case.h"

#define KEEP __attribute__((noinline, noclone))

MUTEX(mutex1);
MUTEX(mutex2);

KEEP static void enter(void)
{
	lock(&mutex1);
	lock(&mutex2);
	unlock(&mutex1);
}

KEEP static void leave(void)
{
	lock(&mutex1);
	unlock(&mutex2);
	unlock(&mutex1);
}

#define CALL(n)                                                                                    \
	KEEP static void call_##n(void)                                                            \
	{                                                                                          \
		enter();                                                                           \
		leave();                                                                           \
	}
#define TEN(X, n) X(n##0) X(n##1) X(n##2) X(n##3) X(n##4) X(n##5) X(n##6) X(n##7) X(n##8) X(n##9)
TEN(CALL, 1)
TEN(CALL, 2)
TEN(CALL, 3)

static void call_all(void)
{
#define RUN(n) call_##n();
	TEN(RUN, 1)
	TEN(RUN, 2)
	TEN(RUN, 3)
}

int main(void)
{
	in_turn(call_all, call_all, call_all, call_all);
	return 0;
}
