/*
 * A thread reads a byte from a pipe that the other thread writes behind its work; a child process
 * has the end for writing too.
 * CANNOT: the child writes nothing.
 * NEAR CAN: the child writes a byte after 100 ms.
 */
#include "scene.h"
#include <signal.h>

MUTEX(a);
MUTEX(b);
IN_ORDER(a_b, a, b)
IN_ORDER(b_a, b, a)
static int ends[2];

static void first(void)
{
	ms(1);
	a_b();
	if (write(ends[1], "!", 1) != 1)
		abort();
}

static void second(void)
{
	char byte;

	if (read(ends[0], &byte, 1) != 1)
		abort();
	b_a();
}

int main(void)
{
	pid_t child;

	if (pipe(ends))
		return 1;
	child = fork();
	if (!child) {
		ms(100);
#ifdef NEAR
		if (write(ends[1], "!", 1) != 1)
			abort();
#endif
		_exit(0);
	}
	side_by_side(first, second);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}
