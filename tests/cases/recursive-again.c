/*
 * A recursive mutex is acquired again many times, and is held until its last release: a lock that
 * is acquired before that is acquired under the mutex.
 * EXPECT: lock-order a b
 */
#include "case.h"

enum { MANY = 20000 };

static pthread_mutex_t a = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
MUTEX(b);

static void a_b(void)
{
	lock(&a);
	for (volatile int i = 0; i < MANY; i++) {
		lock(&a);
		lock(&a);
		unlock(&a);
	}
	for (volatile int i = 0; i < MANY; i++)
		unlock(&a);
	lock(&b);
	unlock(&b);
	unlock(&a);
}

IN_ORDER(b_a, b, a)

int main(void)
{
	in_turn(a_b, b_a);
	return 0;
}
