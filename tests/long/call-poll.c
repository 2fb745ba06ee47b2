/* Polls while it holds the lock.
 * REPORTS: in poll \(a pipe\) while it held 'accounts' \[blocking-call\]
 * REPORTS: await_input */
#include "long.h"
#include <poll.h>

static int ends[2];

NOINLINE static void await_input(void)
{
	struct pollfd p = {.fd = ends[0], .events = POLLIN};
	if (poll(&p, 1, -1) != 1)
		exit(3);
}

static void *holder(void *none)
{
	pthread_mutex_lock(&accounts);
	await_input();
	pthread_mutex_unlock(&accounts);
	return none;
}

int main(void)
{
	if (pipe(ends))
		return 1;
	pthread_t a = in_thread(holder);
	until_go();
	if (write(ends[1], "x", 1) != 1)
		return 1;
	pthread_join(a, NULL);
}
