/*
 * A cycle through the unnamed critical section, a nest lock and a mutex, by three threads.
 * EXPECT: lock-order critical mutex nest
 * FLAGS: -fopenmp
 * ALSO: clang
 */
#include "case.h"
#include <omp.h>

static omp_nest_lock_t nest;
MUTEX(mutex);

static void critical_nest(void)
{
#pragma omp critical
	{
		omp_set_nest_lock(&nest);
		omp_unset_nest_lock(&nest);
	}
}

static void nest_mutex(void)
{
	omp_set_nest_lock(&nest);
	lock(&mutex);
	unlock(&mutex);
	omp_unset_nest_lock(&nest);
}

static void mutex_critical(void)
{
	lock(&mutex);
#pragma omp critical
	case_arrived++;
	unlock(&mutex);
}

int main(void)
{
	const part parts[] = {critical_nest, nest_mutex, mutex_critical};

	omp_init_nest_lock(&nest);
#pragma omp parallel num_threads(3)
	in_my_turn(omp_get_thread_num(), parts[omp_get_thread_num()]);
	omp_destroy_nest_lock(&nest);
	return case_arrived != 1;
}
