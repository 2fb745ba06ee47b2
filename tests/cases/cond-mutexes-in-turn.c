/*
 * One condition with two mutexes, one after the other: the first waiter has been signalled, and has
 * not returned yet, when the second begins to wait.
 * EXPECT: nothing
 */
#include "case.h"

MUTEX(m);
MUTEX(n);
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
static volatile int tid[2], go, over;

static void *first(void *arg)
{
	lock(&m);
	tid[0] = my_tid();
	while (!go)
		pthread_cond_wait(&c, &m);
	unlock(&m);
	return arg;
}

static void *second(void *arg)
{
	lock(&n);
	tid[1] = my_tid();
	while (!over)
		pthread_cond_wait(&c, &n);
	unlock(&n);
	return arg;
}

int main(void)
{
	pthread_t t[2];

	pthread_create(&t[0], NULL, first, NULL);
	wait_asleep(&tid[0]);
	lock(&m);
	go = 1;
	pthread_cond_signal(&c);
	pthread_create(&t[1], NULL, second, NULL); /* the first thread needs m */
	wait_asleep(&tid[1]);
	lock(&n);
	over = 1;
	pthread_cond_broadcast(&c);
	unlock(&n);
	unlock(&m);
	pthread_join(t[0], NULL);
	pthread_join(t[1], NULL);
	return 0;
}
