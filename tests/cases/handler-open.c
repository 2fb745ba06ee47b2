/*
 * A handler acquires a lock that is also acquired with its signal unblocked: a signal at the wrong
 * moment hangs.
 * EXPECT: signal-lock(warning) m
 * EXPECT-STACK: on_signal, work
 */
#include "case.h"
#include <signal.h>

MUTEX(m);

static void on_signal(int n UNUSED)
{
	lock(&m), unlock(&m);
}

static void work(void)
{
	lock(&m), unlock(&m);
}

int main(void)
{
	signal(SIGUSR1, on_signal);
	work();
	raise(SIGUSR1);
	return 0;
}
