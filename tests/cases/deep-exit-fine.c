/*
 * A thread ends after it has released its 180 locks, the oldest first.
 * EXPECT: nothing
 */
#include "deep.h"

MUTEX(a);

static void releases(void)
{
	go_down(0);
	lock(&a);
	come_up_by_age(0);
	unlock(&a);
}

int main(void)
{
	in_thread(releases);
	return 0;
}
