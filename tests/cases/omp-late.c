/*
 * Two orders that come together only after a thousand regions, in threads that have made both
 * before, in regions of their own. The regions of another thread order nothing here.
 * EXPECT: lock-order a b
 * FLAGS: -fopenmp
 * ALSO: clang
 */
#include "case.h"
#include <omp.h>

MUTEX(a);
MUTEX(b);
MUTEX(c);
MUTEX(d);

IN_ORDER(a_b, a, b)
IN_ORDER(b_a, b, a)
IN_ORDER(c_d, c, d)
IN_ORDER(d_c, d, c)

static void *another(void *arg)
{
#pragma omp parallel num_threads(2)
	c_d();
#pragma omp parallel num_threads(2)
	d_c();
	return arg;
}

int main(void)
{
	pthread_t t;

	pthread_create(&t, NULL, another, NULL);
	for (int i = 0; i < 500; i++) {
#pragma omp parallel num_threads(4)
		a_b();
#pragma omp parallel num_threads(4)
		b_a();
	}
#pragma omp parallel num_threads(4)
	in_my_turn(omp_get_thread_num(), omp_get_thread_num() == 2 ? b_a : a_b);
	pthread_join(t, NULL);
	return 0;
}
