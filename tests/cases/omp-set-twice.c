/*
 * A thread waits for an OpenMP lock that it holds.
 * EXPECT: self-deadlock omp
 * FLAGS: -fopenmp
 * ALSO: clang
 */
#include "case.h"
#include <omp.h>

static omp_lock_t omp;

int main(void)
{
	omp_init_lock(&omp);
#pragma omp parallel num_threads(2)
	if (omp_get_thread_num() == 1) {
		omp_set_lock(&omp);
		omp_set_lock(&omp);
	}
	return 0;
}
