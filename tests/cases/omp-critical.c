/*
 * Two named critical sections in two orders.
 * EXPECT: lock-order critical(first) critical(second)
 * EXPECT-STACK: first_second, second_first
 * EXPECT-TEXT: 'critical(first)' and 'critical(second)'
 * FLAGS: -fopenmp
 * ALSO: clang
 */
#include "case.h"
#include <omp.h>

static int n;

static void first_second(void)
{
#pragma omp critical(first)
#pragma omp critical(second)
	n++;
}

static void second_first(void)
{
#pragma omp critical(second)
#pragma omp critical(first)
	n++;
}

int main(void)
{
#pragma omp parallel num_threads(2)
	in_my_turn(omp_get_thread_num(), omp_get_thread_num() ? second_first : first_second);
	return n != 2;
}
