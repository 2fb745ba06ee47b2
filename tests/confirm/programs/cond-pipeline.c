/*
 * Items pass two stages, each with a thread: the first uses two locks in one order, the second in
 * the other order, and then asks for the next item.
 * CANNOT: there is one item on the way at a time.
 * NEAR CAN: there are two.
 */
#include "scene.h"

enum { ITEMS = 20 };
#ifdef NEAR
enum { ON_THE_WAY = 2 };
#else
enum { ON_THE_WAY = 1 };
#endif

MUTEX(a);
MUTEX(b);
EVENT(passed);
EVENT(finished);
IN_ORDER(a_b, a, b)
IN_ORDER(b_a, b, a)

static void stage_one(void)
{
	for (int i = 1; i <= ITEMS; i++) {
		await_event(&finished, i - ON_THE_WAY);
		a_b();
		raise_event(&passed);
		ms(0.5);
	}
}

static void stage_two(void)
{
	for (int i = 1; i <= ITEMS; i++) {
		await_event(&passed, i);
		ms(0.3);
		b_a();
		raise_event(&finished);
	}
}

int main(void)
{
	side_by_side(stage_one, stage_two);
}
