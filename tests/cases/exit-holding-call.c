/*
 * As exit-holding, with pthread_exit and with cancellation.
 * EXPECT: exit-holding a
 * EXPECT: exit-holding b
 */
#include "case.h"

MUTEX(a);
MUTEX(b);

static void forgets(void)
{
	lock(&a);
	pthread_exit(NULL);
}

static void *waits(void *arg)
{
	lock(&b);
	for (;;)
		pause();
	return arg;
}

int main(void)
{
	pthread_t t;
	in_thread(forgets);
	pthread_create(&t, NULL, waits, NULL);
	while (pthread_mutex_trylock(&b) == 0)
		unlock(&b);
	pthread_cancel(t);
	pthread_join(t, NULL);
	return 0;
}
