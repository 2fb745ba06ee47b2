/*
 * An OpenMP lock belongs to the thread that set it; another thread unsets it. And one that is
 * destroyed while a thread holds it.
 * EXPECT: unlock-not-owner omp
 * EXPECT: destroy-held held
 * FLAGS: -fopenmp
 */
#include "case.h"
#include <omp.h>

static omp_lock_t omp, held;

static void set(void)
{
	omp_set_lock(&omp);
	omp_set_lock(&held);
}

static void unset(void)
{
	omp_unset_lock(&omp);
	omp_destroy_lock(&held);
}

int main(void)
{
	omp_init_lock(&omp);
	omp_init_lock(&held);
#pragma omp parallel num_threads(2)
	in_my_turn(omp_get_thread_num(), omp_get_thread_num() ? unset : set);
	return 0;
}
