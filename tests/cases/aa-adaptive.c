/*
 * A thread acquires an adaptive mutex twice: it hangs as with a normal one.
 * EXPECT: self-deadlock a
 */
#include "case.h"

static pthread_mutex_t a = PTHREAD_ADAPTIVE_MUTEX_INITIALIZER_NP;

int main(void)
{
	lock(&a);
	lock(&a);
	return 0;
}
