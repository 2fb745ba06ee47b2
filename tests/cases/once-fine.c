/*
 * The lock is never held around pthread_once.
 * EXPECT: nothing
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
	lock(&a);
	unlock(&a);
}

int main(void)
{
	in_turn(first, first);
	return 0;
}
