/*
 * A thread reads again behind a queued writer, with the default kind, which lets readers pass.
 * EXPECT: nothing
 */
#include "case.h"

RWLOCK(r);

static volatile int tid;

static void *writer(void *arg)
{
	tid = my_tid();
	pthread_rwlock_wrlock(&r);
	pthread_rwlock_unlock(&r);
	return arg;
}

int main(void)
{
	pthread_t t;
	pthread_rwlock_rdlock(&r);
	pthread_create(&t, NULL, writer, NULL);
	wait_asleep(&tid);
	pthread_rwlock_rdlock(&r);
	pthread_rwlock_unlock(&r);
	pthread_rwlock_unlock(&r);
	pthread_join(t, NULL);
	return 0;
}
