/*
 * Two OpenMP locks in two orders, in one parallel region.
 * EXPECT: lock-order first second
 * EXPECT-STACK: first_second, second_first
 * FLAGS: -fopenmp
 * ALSO: clang
 */
#include "case.h"
#include <omp.h>

static omp_lock_t first, second;

static void first_second(void)
{
	omp_set_lock(&first);
	omp_set_lock(&second);
	omp_unset_lock(&second);
	omp_unset_lock(&first);
}

static void second_first(void)
{
	omp_set_lock(&second);
	omp_set_lock(&first);
	omp_unset_lock(&first);
	omp_unset_lock(&second);
}

int main(void)
{
	omp_init_lock(&first);
	omp_init_lock(&second);
#pragma omp parallel num_threads(2)
	in_my_turn(omp_get_thread_num(), omp_get_thread_num() ? second_first : first_second);
	omp_destroy_lock(&first);
	omp_destroy_lock(&second);
	return 0;
}
