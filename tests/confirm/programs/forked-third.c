/*
 * Four children, each with two threads; only in the third do they use the two locks in two orders.
 * CAN: in the third child.
 */
#include "scene.h"

MUTEX(a);
MUTEX(b);
IN_ORDER(a_b, a, b)
IN_ORDER(b_a, b, a)
static int number;

static void late(void)
{
	ms(6);
	if (number == 2)
		b_a();
	else
		a_b();
}

int main(void)
{
	for (; number < 4; number++)
		if (!fork()) {
			side_by_side(a_b, late);
			_exit(0);
		}
	while (wait(NULL) > 0)
		;
}
