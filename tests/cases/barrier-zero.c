/*
 * A barrier that was never initialized: glibc divides by its count. The report comes first.
 * EXPECT: invalid-lock b
 */
#include "case.h"
#include <signal.h>

static pthread_barrier_t b;

static void struck(int n)
{
	(void)n;
	_exit(0);
}

int main(void)
{
	signal(SIGFPE, struck);
	pthread_barrier_wait(&b);
	return 0;
}
