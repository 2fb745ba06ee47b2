/* A thread of a team sleeps in a critical section while another one waits to enter it.
 * COMPILE: -fopenmp
 * REPORTS: T[12].* has held 'critical\(accounts\)' for [0-9.]+ m?s so far \[long-hold\]
 * REPORTS: critical.c:[0-9]+
 * AFTER: released 'critical\(accounts\)' after [0-9.]+ m?s
 * AFTER: waited for 'critical\(accounts\)' for [0-9.]+ m?s of the hold
 * LOCKS: critical\(accounts\) */
#include "long.h"

int main(void)
{
	int entered = 0;

#pragma omp parallel num_threads(2)
	{
#pragma omp critical(accounts)
		if (entered++ == 0)
			until_go();
	}
	return entered != 2;
}
