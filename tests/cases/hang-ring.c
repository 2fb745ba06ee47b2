/*
 * Three threads in a cycle.
 * EXPECT: deadlock a b c
 */
#include "case.h"

MUTEX(a);
MUTEX(b);
MUTEX(c);
static pthread_mutex_t *const ring[] = {&a, &b, &c};

static void *ring_link(void *arg)
{
	long i = (long)arg;
	lock(ring[i]);
	meet(3);
	lock(ring[(i + 1) % 3]);
	return arg;
}

int main(void)
{
	pthread_t t[3];
	for (long i = 0; i < 3; i++)
		pthread_create(&t[i], NULL, ring_link, (void *)i);
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	return 0;
}
