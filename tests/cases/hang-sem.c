/*
 * A semaphore that is used as a lock, and a mutex: two threads wait for each other. Reported once,
 * although the potential deadlock was found as well.
 * EXPECT: deadlock a s
 * EXPECT-STACK: a_then_s, s_then_a
 */
#include "case.h"

MUTEX(a);
static sem_t s;

static void *a_then_s(void *arg)
{
	lock(&a);
	meet(2);
	sem_wait(&s);
	return arg;
}

static void *s_then_a(void *arg)
{
	sem_wait(&s);
	meet(2);
	lock(&a);
	return arg;
}

int main(void)
{
	pthread_t t, u;
	sem_init(&s, 0, 1);
	pthread_create(&t, NULL, a_then_s, NULL);
	pthread_create(&u, NULL, s_then_a, NULL);
	pthread_join(t, NULL);
	pthread_join(u, NULL);
	return 0;
}
