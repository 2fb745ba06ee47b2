/*
 * The thread waits with the same mutex after it has said that it is done, and so acquires it again.
 * EXPECT: lock-order <thread> a
 */
#include "joined.h"

static pthread_cond_t more = PTHREAD_COND_INITIALIZER;
static int go_on;

static void *works(void *arg)
{
	wait_until(&waiting);
	lock(&a);
	said = 1;
	pthread_cond_signal(&c);
	while (!go_on)
		pthread_cond_wait(&more, &a);
	unlock(&a);
	ended = 1;
	return arg;
}

int main(void)
{
	pthread_t t;
	pthread_create(&t, NULL, works, NULL);
	wait_until_said(1);
	go_on = 1;
	pthread_cond_signal(&more);
	unlock(&a);
	wait_until(&ended);
	lock(&a);
	pthread_join(t, NULL);
	unlock(&a);
	return 0;
}
