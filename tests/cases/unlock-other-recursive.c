/*
 * A recursive mutex itself refuses the wrong thread with EPERM.
 * EXPECT: nothing
 */
#include "case.h"

static pthread_mutex_t a = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;

static void gives(void)
{
	if (unlock(&a) != EPERM)
		abort();
}

int main(void)
{
	lock(&a);
	in_thread(gives);
	unlock(&a);
	return 0;
}
