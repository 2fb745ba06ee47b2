/*
 * All permits of a pool are out: one thread that has one wants a mutex, and the thread that has
 * the mutex wants a permit; the other permit's holder wants the mutex as well.
 * EXPECT: deadlock a s
 * EXPECT-STACK: permit_then_a, a_then_permit
 */
#include "case.h"

MUTEX(a);
static sem_t s;

static void *permit_then_a(void *arg)
{
	sem_wait(&s);
	meet(3);
	lock(&a);
	return arg;
}

static void *a_then_permit(void *arg)
{
	lock(&a);
	meet(3);
	sem_wait(&s);
	return arg;
}

int main(void)
{
	pthread_t t[3];
	sem_init(&s, 0, 2);
	pthread_create(&t[0], NULL, permit_then_a, NULL);
	pthread_create(&t[1], NULL, permit_then_a, NULL);
	pthread_create(&t[2], NULL, a_then_permit, NULL);
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	return 0;
}
