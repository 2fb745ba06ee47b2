/*
 * The signal is blocked wherever the lock is held: in main by two calls, in a thread from its start
 * to its end.
 * EXPECT: nothing
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
	sigset_t set, old;

	signal(SIGUSR1, on_signal);
	raise(SIGUSR1);
	sigemptyset(&set), sigaddset(&set, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &set, &old);
	work();
	in_thread(work);
	sigprocmask(SIG_SETMASK, &old, NULL);
	raise(SIGUSR1);
	/* blocks and unblocks the same set */
	sigset_t *same = &set;
	sigprocmask(SIG_BLOCK, &set, same);
	work();
	return 0;
}
