/*
 * As join-told-third, but the thread wants the lock once more after it has said that it is done.
 * EXPECT: lock-order <thread> a b
 */
#include "joined.h"

MUTEX(b);
MUTEX(m);

static void *works(void *arg)
{
	lock(&b);
	unlock(&b);
	wait_until(&waiting);
	lock(&m);
	said = 1;
	pthread_cond_signal(&c);
	unlock(&m);
	lock(&b);
	unlock(&b);
	ended = 1;
	return arg;
}

static void *nests(void *arg)
{
	lock(&b);
	lock(&a);
	unlock(&a);
	unlock(&b);
	return arg;
}

int main(void)
{
	pthread_t t, u;
	pthread_create(&u, NULL, nests, NULL);
	pthread_create(&t, NULL, works, NULL);
	lock(&m);
	waiting = 1;
	while (!said)
		pthread_cond_wait(&c, &m);
	unlock(&m);
	wait_until(&ended);
	lock(&a);
	pthread_join(t, NULL);
	unlock(&a);
	pthread_join(u, NULL);
	return 0;
}
