/*
 * A thread unlocks a mutex that was initialized and never locked.
 * EXPECT: unlock-not-held a
 */
#include "case.h"

static pthread_mutex_t a;

int main(void)
{
	pthread_mutex_init(&a, NULL);
	unlock(&a);
	return 0;
}
