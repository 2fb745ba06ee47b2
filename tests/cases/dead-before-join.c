/*
 * A thread took s only while it held a short-lived lock, which is destroyed when s is held across
 * the join of that thread.
 * EXPECT: lock-order <thread> s
 */
#include "case.h"

MUTEX(s);

static void *short_lived(void *p)
{
	for (int i = 0; i < 5; i++) {
		pthread_mutex_t fresh;
		pthread_mutex_init(&fresh, NULL);
		if (i < 4) { /* the last one has the row and acquires nothing */
			lock(&fresh);
			lock(&s);
			unlock(&s);
			unlock(&fresh);
		}
		pthread_mutex_destroy(&fresh);
	}
	__atomic_store_n((int *)p, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

int main(void)
{
	pthread_t t;
	int done = 0;

	pthread_create(&t, NULL, short_lived, &done);
	while (!__atomic_load_n(&done, __ATOMIC_SEQ_CST))
		sched_yield();
	lock(&s);
	pthread_join(t, NULL);
	unlock(&s);
	return 0;
}
