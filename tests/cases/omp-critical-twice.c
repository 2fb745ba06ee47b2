/*
 * A function that enters a critical section is called inside a section of the same name.
 * EXPECT: self-deadlock critical(sums)
 * FLAGS: -fopenmp
 * ALSO: clang
 */
#include "case.h"

static int n;

static void add(void)
{
#pragma omp critical(sums)
	n++;
}

int main(void)
{
#pragma omp critical(sums)
	add();
	return 0;
}
