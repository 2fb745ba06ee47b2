/*
 * The handler runs first; another thread acquires the lock with the signal unblocked later.
 * EXPECT: signal-lock(warning) l
 */
#include "case.h"
#include <signal.h>

static pthread_spinlock_t l;

static void on_signal(int n UNUSED, siginfo_t *i UNUSED, void *u UNUSED)
{
	pthread_spin_lock(&l), pthread_spin_unlock(&l);
}

static void work(void)
{
	pthread_spin_lock(&l), pthread_spin_unlock(&l);
}

int main(void)
{
	struct sigaction a = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_RESTART};

	pthread_spin_init(&l, PTHREAD_PROCESS_PRIVATE);
	sigaction(SIGUSR1, &a, NULL);
	raise(SIGUSR1);
	in_thread(work);
	return 0;
}
