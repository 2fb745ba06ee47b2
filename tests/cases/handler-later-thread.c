/*
 * Another thread acquires three locks at one place before a handler is installed, and two of them
 * at the same place after it: what that thread knows is checked again, lock by lock.
 * EXPECT: signal-lock(warning) again
 * EXPECT-STACK: on_signal, work
 */
#include "case.h"
#include <signal.h>

MUTEX(before);
MUTEX(unused);
MUTEX(again);
static volatile int step;

static void on_signal(int n UNUSED)
{
	lock(&before), unlock(&before);
	lock(&again), unlock(&again);
}

static void work(pthread_mutex_t *m)
{
	lock(m), unlock(m);
}

static void reach(int n)
{
	while (step != n)
		sched_yield();
}

static void *worker(void *arg)
{
	pthread_mutex_t *const each[] = {&unused, &again, &before};

	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < (round < 2 ? 3 : 2); i++)
			work(each[i]);
		if (round == 1) {
			step = 1;
			reach(2);
		}
	}
	return arg;
}

int main(void)
{
	const struct sigaction a = {.sa_handler = on_signal};
	pthread_t t;

	pthread_create(&t, NULL, worker, NULL);
	reach(1);
	sigaction(SIGUSR1, &a, NULL);
	step = 2;
	pthread_join(t, NULL);
	raise(SIGUSR1);
	return 0;
}
