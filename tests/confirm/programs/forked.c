/*
 * A child process has two threads that acquire two locks in two orders; the parent waits.
 * CAN: nothing orders the threads.
 */
#include "scene.h"

MUTEX(a);
MUTEX(b);
IN_ORDER(a_b, a, b)
IN_ORDER(b_a, b, a)

static void late(void)
{
	ms(6);
	b_a();
}

int main(void)
{
	a_b();
	if (!fork()) {
		side_by_side(a_b, late);
		_exit(0);
	}
	wait(NULL);
}
