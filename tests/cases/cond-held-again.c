/*
 * A mutex is released in many condition waits of which nothing is new, and is held again after
 * each: a lock that is acquired then is acquired under the mutex.
 * EXPECT: lock-order a b
 */
#include "case.h"

enum { MANY = 20000 };

MUTEX(a);
MUTEX(b);
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;

static void a_b(void)
{
	static const struct timespec past = {.tv_sec = 1};

	lock(&a);
	for (volatile int i = 0; i < MANY; i++)
		pthread_cond_timedwait(&c, &a, &past);
	lock(&b); /* the mutex is held again */
	unlock(&b);
	unlock(&a);
}

IN_ORDER(b_a, b, a)

int main(void)
{
	in_turn(a_b, b_a);
	return 0;
}
