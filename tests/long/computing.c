/* Computes without any call: the stack of a running thread is reported.
 * REPORTS: T2 has held 'accounts' for [0-9.]+ m?s so far \[long-hold\]
 * REPORTS: after [0-9]+ ms: computing
 * REPORTS: crunch
 * AFTER: after .*ms: computing
 * AFTER: released 'accounts' after [0-9.]+ m?s(, on a CPU for ([0-9]{2,} ms|[0-9.]+ s) of the last|  |$)
 * NOT: blocking-call */
#include "long.h"

NOINLINE static void crunch(void)
{
	for (volatile unsigned x = 0; !go;)
		x++;
}

static void *holder(void *none)
{
	pthread_mutex_lock(&accounts);
	crunch();
	pthread_mutex_unlock(&accounts);
	return none;
}

int main(void)
{
	pthread_t a = in_thread(holder);
	until_go();
	pthread_join(a, NULL);
}
