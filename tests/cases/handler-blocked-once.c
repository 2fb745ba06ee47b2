/*
 * The signal is blocked at one site where the lock is held, but not at another.
 * EXPECT: signal-lock(warning) m
 * EXPECT-STACK: forgotten
 */
#include "case.h"
#include <signal.h>

MUTEX(m);

static void on_signal(int n UNUSED)
{
	lock(&m), unlock(&m);
}

static void forgotten(void)
{
	lock(&m), unlock(&m);
}

int main(void)
{
	sigset_t set;

	signal(SIGUSR1, on_signal);
	sigemptyset(&set), sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	lock(&m), unlock(&m);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	raise(SIGUSR1);
	forgotten();
	return 0;
}
