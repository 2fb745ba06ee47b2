/*
 * The thread is done with the lock before a barrier, and is joined under the lock after it.
 * EXPECT: nothing
 * EXPECT-FILTERED: ordered <thread> a
 */
#include "joined.h"

static pthread_barrier_t b;

static void *works(void *arg)
{
	lock(&a);
	unlock(&a);
	pthread_barrier_wait(&b);
	return arg;
}

int main(void)
{
	pthread_t t;
	pthread_barrier_init(&b, NULL, 2);
	pthread_create(&t, NULL, works, NULL);
	pthread_barrier_wait(&b);
	lock(&a);
	pthread_join(t, NULL);
	unlock(&a);
	return 0;
}
