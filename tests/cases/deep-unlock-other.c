/*
 * A thread releases the 180th lock of another thread.
 * EXPECT: unlock-not-owner a
 * EXPECT-STACK: gives, main
 */
#include "deep.h"

MUTEX(a);

static void gives(void)
{
	unlock(&a);
}

int main(void)
{
	go_down(0);
	lock(&a);
	go_down(1);
	in_thread(gives);
	come_up(1);
	come_up(0);
	return 0;
}
