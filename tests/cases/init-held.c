/*
 * A lock is initialized again while it is held.
 * EXPECT: destroy-held a
 */
#include "case.h"

static pthread_mutex_t a;

int main(void)
{
	pthread_mutex_init(&a, NULL);
	lock(&a);
	pthread_mutex_init(&a, NULL);
	return 0;
}
