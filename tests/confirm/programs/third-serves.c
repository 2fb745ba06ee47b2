/*
 * A thread waits for work; a third thread reads requests and gives work, too.
 * CAN: the request of the client, another process, comes after 1.5 s.
 */
#include "scene.h"

#include <signal.h>

MUTEX(a);
MUTEX(b);
EVENT(work);
IN_ORDER(a_b, a, b)
IN_ORDER(b_a, b, a)
static int request[2];
static pid_t client;

static void first(void)
{
	a_b();
	raise_event(&work);
}

static void second(void)
{
	await_event(&work, 1);
	kill(client, SIGKILL);
	b_a();
}

static void third(void)
{
	char c;

	if (read(request[0], &c, 1) == 1)
		raise_event(&work);
}

int main(void)
{
	if (pipe(request))
		return 1;
	client = fork();
	if (client == 0) {
		close(request[0]);
		ms(1500);
		_exit(write(request[1], "x", 1) != 1);
	}
	close(request[1]);
	side_by_side(first, second, third);
	waitpid(client, NULL, 0);
}
