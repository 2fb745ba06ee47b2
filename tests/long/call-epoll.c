/* epoll_wait returns EINTR after any stop: the thread may not be stopped, and its stack is reported all the same.
 * REPORTS: in epoll_wait \(\[eventpoll\]\) while it held 'accounts' \[blocking-call\]
 * REPORTS: has held 'accounts' for .*\[long-hold\]
 * REPORTS: await_event */
#include "long.h"
#include <sys/epoll.h>

static int ends[2], set;

NOINLINE static void await_event(void)
{
	struct epoll_event e;
	if (epoll_wait(set, &e, 1, -1) != 1)
		exit(3);
}

static void *holder(void *none)
{
	pthread_mutex_lock(&accounts);
	await_event();
	pthread_mutex_unlock(&accounts);
	return none;
}

int main(void)
{
	struct epoll_event e = {.events = EPOLLIN};
	set = epoll_create1(0);
	if (pipe(ends) || epoll_ctl(set, EPOLL_CTL_ADD, ends[0], &e))
		return 1;
	pthread_t a = in_thread(holder);
	until_go();
	if (write(ends[1], "x", 1) != 1)
		return 1;
	pthread_join(a, NULL);
}
