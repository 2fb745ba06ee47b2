/*
 * As join-told-again, but the thread acquires the lock again where it has acquired it before.
 * EXPECT: lock-order <thread> a
 */
#include "joined.h"

static void *works(void *arg)
{
	wait_until(&waiting);
	for (int i = 0; i < 2; i++) {
		lock(&a);
		said++;
		if (i == 0)
			pthread_cond_signal(&c);
		unlock(&a);
	}
	ended = 1;
	return arg;
}

int main(void)
{
	pthread_t t;
	pthread_create(&t, NULL, works, NULL);
	wait_until_said(1);
	unlock(&a);
	wait_until(&ended);
	lock(&a);
	pthread_join(t, NULL);
	unlock(&a);
	return 0;
}
