/*
 * A thread gets a robust mutex with EOWNERDEAD and, while it holds it, joins the dead owner and a
 * thread that acquired the mutex too and lives.
 * EXPECT: lock-order <thread> a
 */
#include "case.h"

static pthread_mutex_t a;
static volatile int step;

static void reach(int n)
{
	while (step != n)
		sched_yield();
}

static void *lives(void *unused)
{
	lock(&a);
	unlock(&a);
	step = 1;
	return unused;
}

static void *leaves(void *unused)
{
	reach(1);
	lock(&a);
	step = 2;
	return unused;
}

int main(void)
{
	pthread_t t, u;
	pthread_mutexattr_t attr;
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(&a, &attr);
	pthread_create(&t, NULL, lives, NULL);
	pthread_create(&u, NULL, leaves, NULL);
	reach(2);
	if (lock(&a) != EOWNERDEAD)
		return 1;
	pthread_join(u, NULL);
	pthread_join(t, NULL);
	pthread_mutex_consistent(&a);
	unlock(&a);
	return 0;
}
