/*
 * Two locks of OpenMP, acquired in two orders by two threads of a parallel region.
 * CAN: nothing orders the threads within the region.
 * FLAGS: -fopenmp
 */
#include "scene.h"
#include <omp.h>

static omp_lock_t a, b;

static void forwards(void)
{
	omp_set_lock(&a);
	omp_set_lock(&b);
	omp_unset_lock(&b);
	omp_unset_lock(&a);
}

static void backwards(void)
{
	ms(5);
	omp_set_lock(&b);
	omp_set_lock(&a);
	omp_unset_lock(&a);
	omp_unset_lock(&b);
}

int main(void)
{
	omp_init_lock(&a);
	omp_init_lock(&b);
#pragma omp parallel num_threads(2)
	if (omp_get_thread_num())
		backwards();
	else
		forwards();
}
