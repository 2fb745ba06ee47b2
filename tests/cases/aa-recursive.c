/*
 * A thread acquires a recursive mutex twice, which is allowed.
 * EXPECT: nothing
 */
#include "case.h"

static pthread_mutex_t a = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;

int main(void)
{
	lock(&a);
	lock(&a);
	unlock(&a);
	lock(&a);
	unlock(&a);
	unlock(&a);
	return 0;
}
