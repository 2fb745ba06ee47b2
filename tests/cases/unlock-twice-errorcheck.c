/*
 * An errorcheck mutex that is unlocked twice itself returns EPERM.
 * EXPECT: nothing
 */
#include "case.h"

static pthread_mutex_t a = PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP;

int main(void)
{
	lock(&a);
	unlock(&a);
	if (unlock(&a) != EPERM)
		return 1;
	return 0;
}
