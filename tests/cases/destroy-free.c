/*
 * A free mutex is destroyed and initialized again; another is initialized twice while it is free.
 * EXPECT: nothing
 */
#include "case.h"

static pthread_mutex_t a;

int main(void)
{
	for (int i = 0; i < 3; i++) {
		pthread_mutex_init(&a, NULL);
		pthread_mutex_init(&a, NULL);
		lock(&a);
		unlock(&a);
		pthread_mutex_destroy(&a);
	}
	return 0;
}
