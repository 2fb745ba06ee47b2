/*
 * The 180th lock is recursive: acquired three times, below others too, and released as often.
 * EXPECT: nothing
 */
#include "deep.h"

static pthread_mutex_t a = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;

static void has_it(void)
{
	lock(&a);
	unlock(&a);
}

int main(void)
{
	go_down(0);
	lock(&a);
	lock(&a);
	go_down(1);
	lock(&a);
	come_up_by_age(0);
	unlock(&a);
	unlock(&a);
	come_up(1);
	unlock(&a);
	/* the lock is free: another thread can have it */
	in_thread(has_it);
	return 0;
}
