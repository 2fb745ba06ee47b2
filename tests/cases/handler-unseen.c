/*
 * A handler is installed by a call that is not intercepted. From its first acquisition on, there is
 * a handler: `before` is acquired outside only before that.
 * EXPECT: signal-lock(warning) again
 */
#include "case.h"
#include <signal.h>

extern int __sigaction(int, const struct sigaction *, struct sigaction *);

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
	const struct sigaction a = {.sa_handler = on_signal};

	__sigaction(SIGUSR1, &a, NULL);
	work(&before);
	for (int i = 0; i < 3; i++) {
		work(&again);
		if (i == 1)
			raise(SIGUSR1);
	}
	raise(SIGUSR1);
	return 0;
}
