/*
 * Two orders under one gate lock, which is the outermost of 182 locks in both threads.
 * EXPECT: nothing
 * EXPECT-FILTERED: gate a b
 */
#include "deep.h"

MUTEX(gate);
MUTEX(a);
MUTEX(b);

static void a_then_b(void)
{
	lock(&gate);
	go_down(0);
	lock(&a);
	lock(&b);
	unlock(&b);
	unlock(&a);
	come_up(0);
	unlock(&gate);
}

static void b_then_a(void)
{
	lock(&gate);
	go_down(1);
	lock(&b);
	lock(&a);
	unlock(&a);
	unlock(&b);
	come_up(1);
	unlock(&gate);
}

int main(void)
{
	in_turn(a_then_b, b_then_a);
	return 0;
}
