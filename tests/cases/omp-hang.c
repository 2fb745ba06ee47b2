/*
 * Two threads wait for each other in critical sections, and a third thread waits behind them.
 * EXPECT: deadlock critical(first) critical(second)
 * FLAGS: -fopenmp
 * ALSO: clang
 */
#include "case.h"
#include <omp.h>

static int n;

int main(void)
{
#pragma omp parallel num_threads(3)
	switch (omp_get_thread_num()) {
	case 0:
#pragma omp critical(first)
	{
		meet(2);
#pragma omp critical(second)
		n++;
	} break;
	case 1:
#pragma omp critical(second)
	{
		meet(2);
#pragma omp critical(first)
		n++;
	} break;
	default:
		while (case_arrived < 2)
			sched_yield();
#pragma omp critical(second)
		n++;
	}
	return 0;
}
