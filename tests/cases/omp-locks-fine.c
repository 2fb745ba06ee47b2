/*
 * OpenMP locks in one order; nest locks acquired again by their owner; tries, which do not wait;
 * and a lock that is destroyed and initialized again.
 * A lock on the stack that is left locked, and another one there.
 * EXPECT: nothing
 * FLAGS: -fopenmp
 * ALSO: clang
 */
#include "case.h"
#include <omp.h>

static omp_lock_t first, second;
static omp_nest_lock_t nest;

static void first_second(void)
{
	omp_set_lock(&first);
	omp_set_lock(&second);
	omp_set_nest_lock(&nest);
	if (omp_test_nest_lock(&nest) != 2)
		exit(1);
	omp_unset_nest_lock(&nest);
	omp_unset_nest_lock(&nest);
	omp_unset_lock(&second);
	omp_unset_lock(&first);
}

static void second_tries_first(void)
{
	omp_set_nest_lock(&nest);
	while (!omp_test_lock(&second))
		;
	if (!omp_test_lock(&first))
		exit(1);
	omp_unset_lock(&first);
	omp_unset_lock(&second);
	omp_set_nest_lock(&nest);
	omp_unset_nest_lock(&nest);
	omp_unset_nest_lock(&nest);
}

/* The lock ends with the function's stack. */
static __attribute__((noinline)) void left(void)
{
	omp_lock_t lock;

	omp_init_lock(&lock);
	omp_set_lock(&lock);
}

int main(void)
{
	left();
	left();
	omp_init_nest_lock(&nest);
	omp_init_lock(&second);
	for (int round = 0; round < 3; round++) {
		omp_init_lock(&first);
		case_turn = 0;
#pragma omp parallel num_threads(2)
		in_my_turn(omp_get_thread_num(),
			   omp_get_thread_num() ? second_tries_first : first_second);
		omp_destroy_lock(&first);
	}
	return 0;
}
