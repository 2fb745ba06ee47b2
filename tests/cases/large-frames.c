/*
 * Two callers at one depth, each below a large array on the stack and seen many times before: the
 * stacks of the two orders are theirs.
 * EXPECT: lock-order a b
 * EXPECT-STACK: first, second
 */
#include "case.h"

enum { ROUNDS = 8, LARGE = 700000 };

static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER, b = PTHREAD_MUTEX_INITIALIZER;

static void both(pthread_mutex_t *one, pthread_mutex_t *other)
{
	for (int i = 0; i < ROUNDS; i++) {
		lock(one);
		if (other)
			lock(other);
		if (other)
			unlock(other);
		unlock(one);
	}
}

static void below_array(pthread_mutex_t *one, pthread_mutex_t *other)
{
	volatile char large[LARGE];

	large[0] = large[LARGE - 1] = 0;
	both(one, other);
}

static void first(pthread_mutex_t *one, pthread_mutex_t *other)
{
	below_array(one, other);
}

static void second(pthread_mutex_t *one, pthread_mutex_t *other)
{
	below_array(one, other);
}

static void alone(pthread_mutex_t *one, pthread_mutex_t *other)
{
	below_array(one, other);
}

static void in_order(void)
{
	alone(&a, NULL);
	first(&a, &b);
}

static void in_other_order(void)
{
	alone(&b, NULL);
	second(&b, &a);
}

int main(void)
{
	in_turn(in_order, in_other_order);
}
