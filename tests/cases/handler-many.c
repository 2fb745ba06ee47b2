/*
 * A handler acquires a hundred locks, each at a place of its own; the last of them is the one that
 * other code uses too.
 * EXPECT: signal-lock(warning) last
 */
#include "case.h"
#include <signal.h>

enum { LOCKS = 100 };

static pthread_spinlock_t first[LOCKS], last;

#define USE(k) pthread_spin_lock(&first[k]), pthread_spin_unlock(&first[k]);
#define TEN(k)                                                                                     \
	USE(k)                                                                                     \
	USE(k + 1)                                                                                 \
	USE(k + 2) USE(k + 3) USE(k + 4) USE(k + 5) USE(k + 6) USE(k + 7) USE(k + 8) USE(k + 9)

static void on_signal(int n UNUSED, siginfo_t *i UNUSED, void *u UNUSED)
{
	TEN(0)
	TEN(10)
	TEN(20) TEN(30) TEN(40) TEN(50) TEN(60) TEN(70) TEN(80) TEN(90) pthread_spin_lock(&last),
		pthread_spin_unlock(&last);
}

static void work(void)
{
	pthread_spin_lock(&last), pthread_spin_unlock(&last);
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
