/*
 * Two threads acquire two locks in opposite orders, one before a barrier, one after it.
 * EXPECT: nothing
 * EXPECT-FILTERED: ordered a b
 */
#include "case.h"

MUTEX(a);
MUTEX(b);

IN_ORDER(a_b, a, b)
IN_ORDER(b_a, b, a)

static pthread_barrier_t barrier;

static void *before(void *arg)
{
	a_b();
	pthread_barrier_wait(&barrier);
	return arg;
}

int main(void)
{
	pthread_t t;
	pthread_barrier_init(&barrier, NULL, 2);
	pthread_create(&t, NULL, before, NULL);
	pthread_barrier_wait(&barrier);
	b_a();
	pthread_join(t, NULL);
	return 0;
}
