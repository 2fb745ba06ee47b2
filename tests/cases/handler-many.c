/*
 * A handler acquires a hundred locks, each at a place of its own; the last of them is the one that
 * other code uses too.
 * EXPECT: signal-lock(warning) last
 */
#include "case.h"
#include <signal.h>

enum { LOCKS = 100 };

static pthread_spinlock_t first[LOCKS], last;

#define USE(l) (pthread_spin_lock(l), pthread_spin_unlock(l))
#define FIVE(l) USE(l), USE((l) + 1), USE((l) + 2), USE((l) + 3), USE((l) + 4)
#define TWENTY(l) FIVE(l), FIVE((l) + 5), FIVE((l) + 10), FIVE((l) + 15)

static void on_signal(int n UNUSED, siginfo_t *i UNUSED, void *u UNUSED)
{
	TWENTY(first), TWENTY(first + 20), TWENTY(first + 40);
	TWENTY(first + 60), TWENTY(first + 80);
	USE(&last);
}

static void work(void)
{
	USE(&last);
}

int main(void)
{
	struct sigaction a = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_RESTART};

	for (int k = 0; k < LOCKS; k++)
		pthread_spin_init(&first[k], PTHREAD_PROCESS_PRIVATE);
	pthread_spin_init(&last, PTHREAD_PROCESS_PRIVATE);
	sigaction(SIGUSR1, &a, NULL);
	raise(SIGUSR1);
	in_thread(work);
	return 0;
}
