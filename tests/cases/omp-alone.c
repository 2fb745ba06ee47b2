/*
 * A region of one thread inside a region orders nothing: its thread still meets the other threads.
 * EXPECT: lock-order a b
 * FLAGS: -fopenmp
 * ALSO: clang
 */
#include "case.h"
#include <omp.h>

MUTEX(a);
MUTEX(b);

IN_ORDER(a_b, a, b)

static void b_a(void)
{
	omp_set_max_active_levels(1);
#pragma omp parallel num_threads(2)
	lock(&b);
#pragma omp parallel if (0)
	lock(&a);
	unlock(&a);
	unlock(&b);
}

int main(void)
{
#pragma omp parallel num_threads(2)
	in_my_turn(omp_get_thread_num(), omp_get_thread_num() ? b_a : a_b);
	return 0;
}
