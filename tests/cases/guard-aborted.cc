/*
 * The initializer of a local static ends by an exception, by pthread_exit and by a cancellation:
 * the next thread runs it. The threads that left it hold nothing.
 * EXPECT: nothing
 */
#include "case.h"

MUTEX(a);
static volatile int runs, inside;

static int make()
{
	switch (__atomic_fetch_add(&runs, 1, __ATOMIC_RELAXED)) {
	case 0:
		throw 1;
	case 1:
		pthread_exit(NULL);
	case 2:
		inside = 1;
		for (;;)
			pause();
	}
	return 1;
}

static int value()
{
	static int made = make();
	return made;
}

static void *call(void *unused)
{
	try {
		value();
	} catch (int) {
	}
	lock(&a); /* not the guard -> a */
	unlock(&a);
	return unused;
}

static void *under(void *unused)
{
	lock(&a);
	value();
	unlock(&a);
	return unused;
}

int main()
{
	pthread_t t[4];
	for (int i = 0; i < 4; i++) {
		pthread_create(&t[i], NULL, i < 3 ? call : under, NULL);
		while (i == 2 && !inside)
			sched_yield();
		if (i == 2)
			pthread_cancel(t[i]);
		pthread_join(t[i], NULL);
	}
	return runs != 4;
}
