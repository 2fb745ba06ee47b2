/*
 * A cleanup handler releases the lock when the thread is cancelled.
 * EXPECT: nothing
 */
#include "case.h"

MUTEX(a);
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
static volatile int tid;

static void gives(void *m)
{
	unlock(m);
}

static void *waits(void *arg)
{
	lock(&a);
	pthread_cleanup_push(gives, &a);
	tid = my_tid();
	for (;;)
		pthread_cond_wait(&c, &a);
	pthread_cleanup_pop(1);
	return arg;
}

int main(void)
{
	pthread_t t;
	pthread_create(&t, NULL, waits, NULL);
	wait_asleep(&tid);
	pthread_cancel(t);
	pthread_join(t, NULL);
	lock(&a);
	unlock(&a);
	return 0;
}
