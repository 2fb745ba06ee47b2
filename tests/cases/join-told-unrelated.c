/*
 * The thread's last hold of the lock comes after its signal, which another lock guards.
 * EXPECT: lock-order <thread> a
 */
#include "joined.h"

MUTEX(b);
static int started;

static void *works(void *arg)
{
	wait_until(&waiting);
	lock(&b);
	started = 1;
	pthread_cond_signal(&c);
	unlock(&b);
	lock(&a);
	unlock(&a);
	ended = 1;
	return arg;
}

int main(void)
{
	pthread_t t;
	pthread_create(&t, NULL, works, NULL);
	lock(&b);
	waiting = 1;
	while (!started)
		pthread_cond_wait(&c, &b);
	unlock(&b);
	wait_until(&ended);
	lock(&a);
	pthread_join(t, NULL);
	unlock(&a);
	return 0;
}
