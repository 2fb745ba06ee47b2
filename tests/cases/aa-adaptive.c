/*
 * An adaptive mutex taken twice hangs like a normal one.
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
