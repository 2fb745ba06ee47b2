/*
 * One thread acquires its 180th and then its 190th lock, another thread the second and then the
 * first.
 * EXPECT: lock-order a b
 * EXPECT-STACK: down, b_then_a
 * EXPECT-TEXT: and 175 more locks
 */
#include "deep.h"

MUTEX(a);
MUTEX(b);
static pthread_mutex_t between[9];

static void down(void)
{
	go_down(0);
	lock(&a);
	for (int i = 0; i < 9; i++)
		lock(&between[i]);
	lock(&b);
	unlock(&b);
	for (int i = 9; i-- > 0;)
		unlock(&between[i]);
	unlock(&a);
	come_up(0);
}

static void b_then_a(void)
{
	lock(&b);
	lock(&a);
	unlock(&a);
	unlock(&b);
}

int main(void)
{
	in_turn(down, b_then_a);
	return 0;
}
