/*
 * An OpenMP lock is unset once more than it was set; a nest lock is not.
 * EXPECT: unlock-not-held omp
 * FLAGS: -fopenmp
 */
#include "case.h"
#include <omp.h>

static omp_lock_t omp;
static omp_nest_lock_t nest;

int main(void)
{
	omp_init_lock(&omp);
	omp_init_nest_lock(&nest);
	omp_set_nest_lock(&nest);
	omp_set_nest_lock(&nest);
	omp_unset_nest_lock(&nest);
	omp_unset_nest_lock(&nest);
	omp_set_lock(&omp);
	omp_unset_lock(&omp);
	omp_unset_lock(&omp);
	return 0;
}
