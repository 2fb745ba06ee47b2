/*
 * An initializer acquires a lock; elsewhere pthread_once is called while the lock is held.
 * EXPECT: lock-order a flag
 */
#include "case.h"

MUTEX(a);
static pthread_once_t flag = PTHREAD_ONCE_INIT;

static void initialise(void)
{
	lock(&a);
	unlock(&a);
}

static void first(void)
{
	pthread_once(&flag, initialise);
}

static void under(void)
{
	lock(&a);
	pthread_once(&flag, initialise);
	unlock(&a);
}

int main(void)
{
	in_turn(first, under);
	return 0;
}
