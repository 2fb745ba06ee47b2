/*
 * The child of a fork waits for the last of many locks that threads of the parent held.
 * EXPECT: fork-holding last
 * EXPECT-MESSAGE: a child process waits for 'last', which another thread held at the fork
 */
#include "case.h"

enum { THREADS = 60 };

static pthread_mutex_t first[THREADS];
MUTEX(last);
static volatile int held, done;

static void *holds(void *mutex)
{
	lock(mutex);
	held++;
	while (!done)
		sched_yield();
	unlock(mutex);
	return NULL;
}

int main(void)
{
	pthread_t t[THREADS + 1];

	for (int i = 0; i <= THREADS; i++) {
		if (i < THREADS)
			pthread_mutex_init(&first[i], NULL);
		pthread_create(&t[i], NULL, holds, i < THREADS ? &first[i] : &last);
		while (held <= i)
			sched_yield();
	}
	if (!fork()) {
		lock(&last);
		_exit(0);
	}
	wait(NULL);
	done = 1;
	for (int i = 0; i <= THREADS; i++)
		pthread_join(t[i], NULL);
	return 0;
}
