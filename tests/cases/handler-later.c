/*
 * A thread acquires two locks before a handler is installed, and later acquires only `again` at the
 * same place. The handler acquires both.
 * EXPECT: signal-lock(warning) again
 * EXPECT-STACK: on_signal, work
 */
#include "case.h"
#include <signal.h>

MUTEX(before);
MUTEX(again);

static void on_signal(int n UNUSED)
{
	lock(&before), unlock(&before);
	lock(&again), unlock(&again);
}

static void work(pthread_mutex_t *m)
{
	lock(m), unlock(m);
}

int main(void)
{
	pthread_mutex_t *const order[] = {&before, &again, &again, &again};

	signal(SIGUSR1, SIG_IGN);
	for (int i = 0; i < 4; i++) {
		if (i == 3)
			signal(SIGUSR1, on_signal);
		work(order[i]);
	}
	raise(SIGUSR1);
	return 0;
}
