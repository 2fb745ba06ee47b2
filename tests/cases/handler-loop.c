/*
 * A handler acquires many locks at one place. Other code uses two of them: one with the signal
 * unblocked; the other one is never acquired unless the signal is blocked.
 * EXPECT: signal-lock(warning) used
 */
#include "case.h"
#include <signal.h>

enum { LOCKS = 20 };

static pthread_mutex_t many[LOCKS], used, protected;

static void use(pthread_mutex_t *m)
{
	lock(m);
	unlock(m);
}

static void on_signal(int n UNUSED)
{
	pthread_mutex_t *of[LOCKS + 2];

	for (int k = 0; k < LOCKS; k++)
		of[k] = &many[k];
	of[LOCKS] = &protected;
	of[LOCKS + 1] = &used;
	for (int k = 0; k < LOCKS + 2; k++)
		use(of[k]);
}

static void work(void)
{
	sigset_t mask;

	use(&used);
	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &mask, NULL);
	use(&protected);
}

int main(void)
{
	for (int k = 0; k < LOCKS; k++)
		pthread_mutex_init(&many[k], NULL);
	pthread_mutex_init(&used, NULL);
	pthread_mutex_init(&protected, NULL);
	signal(SIGUSR1, on_signal);
	raise(SIGUSR1);
	in_thread(work);
	return 0;
}
