/*
 * A thread ends while it holds a robust mutex, and is joined by the thread that gets the mutex with
 * EOWNERDEAD and holds it: from the lock call, a timed one, and a condition wait.
 * EXPECT: nothing
 * EXPECT-FILTERED: ordered <thread> a
 */
#include "case.h"

static pthread_mutex_t a;
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
static volatile int locked, go;

static void *leaves(void *unused)
{
	lock(&a);
	locked = 1;
	go = 1;
	pthread_cond_signal(&c);
	return unused;
}

static int by_lock(void)
{
	while (!locked)
		sched_yield();
	return lock(&a);
}

static int by_timed_lock(void)
{
	struct timespec late = in_ms(CLOCK_REALTIME, 60000);
	while (!locked)
		sched_yield();
	return pthread_mutex_timedlock(&a, &late);
}

static int by_condition(void)
{
	int rc = 0;
	while (!go && !rc)
		rc = pthread_cond_wait(&c, &a);
	return rc;
}

static void dies(int (*acquire)(void))
{
	pthread_t t;
	locked = go = 0;
	if (acquire == by_condition)
		lock(&a);
	pthread_create(&t, NULL, leaves, NULL);
	if (acquire() != EOWNERDEAD)
		abort();
	pthread_join(t, NULL);
	pthread_mutex_consistent(&a);
	unlock(&a);
}

int main(void)
{
	pthread_mutexattr_t attr;
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(&a, &attr);
	dies(by_lock);
	dies(by_timed_lock);
	dies(by_condition);
	return 0;
}
