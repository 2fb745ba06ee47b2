/*
 * The 180th lock is destroyed while it is held.
 * EXPECT: destroy-held a
 */
#include "deep.h"

static pthread_mutex_t a;

int main(void)
{
	pthread_mutex_init(&a, NULL);
	go_down(0);
	lock(&a);
	pthread_mutex_destroy(&a);
	come_up(0);
	return 0;
}
