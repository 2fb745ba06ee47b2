/*
 * Waiter and signaller acquire two locks in the same order: the signaller never comes to the
 * second.
 * EXPECT: cond-wait-holding g
 * EXPECT-FILTERED: gate b c
 */
#include "cond.h"

MUTEX(g);
MUTEX(b);

static void signals(void)
{
	lock(&g);
	lock(&b);
	unlock(&b);
	unlock(&g);
	meet(2);
	give_signal();
}

static void waits(void)
{
	meet(2);
	lock(&g);
	lock(&b);
	wait_for_signal();
	unlock(&b);
	unlock(&g);
}

int main(void)
{
	at_once(signals, waits);
	return 0;
}
