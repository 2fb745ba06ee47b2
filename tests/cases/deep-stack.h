/* deep-stack.h — two call paths, 100 frames deep, that differ only ten frames from their outer end.
 */
#include "case.h"

MUTEX(a);
MUTEX(b);
IN_ORDER(a_b, a, b)
IN_ORDER(b_a, b, a)

static void deeper(int frames)
{
	if (frames)
		deeper(frames - 1);
	else
		a_b();
	__asm__ volatile(""); /* no tail call */
}

static void one_way(void)
{
	deeper(87);
}

static void other_way(void)
{
	deeper(87);
}

static void outer(int frames, part way)
{
	if (frames)
		outer(frames - 1, way);
	else
		way();
	__asm__ volatile("");
}

static void through_one(void)
{
	outer(6, one_way);
}

static void through_other(void)
{
	outer(6, other_way);
}

int main(void)
{
	in_turn(through_one, through_other, b_a);
	return 0;
}
