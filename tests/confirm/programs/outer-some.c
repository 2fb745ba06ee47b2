/*
 * Two threads acquire a and b in two orders under an outer lock, a third one without it.
 * CAN: the third thread with the first.
 */
#include "scene.h"

MUTEX(outer);
MUTEX(a);
MUTEX(b);
IN_ORDER(a_b, a, b)
IN_ORDER(b_a, b, a)

static void first(void)
{
	for (int i = 0; i < 10; i++) {
		lock(outer);
		a_b();
		unlock(outer);
		ms(0.2);
	}
}

static void second(void)
{
	for (int i = 0; i < 10; i++) {
		lock(outer);
		b_a();
		unlock(outer);
		ms(0.2);
	}
}

static void third(void)
{
	ms(10);
	b_a();
}

int main(void)
{
	side_by_side(first, second, third);
}
