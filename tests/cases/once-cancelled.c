/*
 * A thread is cancelled in an initializer, and one ends in it by pthread_exit: glibc resets the
 * control, and the next call runs the initializer.
 * EXPECT: nothing
 */
#include "case.h"

static pthread_once_t flag = PTHREAD_ONCE_INIT;
static volatile int runs, inside;

static void initialise(void)
{
	switch (runs++) {
	case 0:
		inside = 1;
		for (;;)
			pause();
	case 1:
		pthread_exit(NULL);
	}
}

static void *call(void *unused)
{
	pthread_once(&flag, initialise);
	return unused;
}

int main(void)
{
	pthread_t t[3];
	void *result;
	pthread_create(&t[0], NULL, call, NULL);
	while (!inside)
		sched_yield();
	pthread_cancel(t[0]);
	for (int i = 0; i < 3; i++) {
		if (i)
			pthread_create(&t[i], NULL, call, NULL);
		pthread_join(t[i], &result);
	}
	return runs != 3;
}
