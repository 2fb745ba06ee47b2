/*
 * All permits of a counting semaphore are in use: one holder wants a mutex, the owner of the mutex
 * wants a permit; the other holder wants the mutex, too.
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
