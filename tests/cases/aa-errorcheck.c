/*
 * A thread acquires an errorcheck mutex twice: the mutex itself returns an error.
 * EXPECT: nothing
 */
#include "case.h"

static pthread_mutex_t a = PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP;

int main(void)
{
	lock(&a);
	if (lock(&a) != EDEADLK)
		return 1;
	unlock(&a);
	return 0;
}
