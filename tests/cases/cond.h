/*
 * cond.h — for cases of cond-wait-holding: a thread that waits for another one's signal.
 *
 * wait_for_signal() returns once another thread has called give_signal(), which waits until the
 * other thread waits. at_once(f, g) runs its functions in a thread each, that nothing orders.
 */
#ifndef COND_H
#define COND_H

#include "case.h"

MUTEX(m);
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
static volatile int waiting, given;

UNUSED __attribute__((always_inline)) static inline void wait_for_signal(void)
{
	lock(&m);
	waiting = 1;
	while (!given)
		pthread_cond_wait(&c, &m);
	given = waiting = 0;
	unlock(&m);
}

UNUSED __attribute__((always_inline)) static inline void give_signal(void)
{
	while (!waiting)
		sched_yield();
	lock(&m); /* acquired only when the other thread waits */
	given = 1;
	pthread_cond_signal(&c);
	unlock(&m);
}

UNUSED static void case_at_once(int n, const part *fns)
{
	pthread_t t[8];
	struct case_part p[8];
	for (int i = 0; i < n; i++) {
		p[i] = (struct case_part){fns[i], i, n};
		pthread_create(&t[i], NULL, case_alone, &p[i]);
	}
	for (int i = 0; i < n; i++)
		pthread_join(t[i], NULL);
}
#define at_once(...)                                                                               \
	case_at_once(sizeof((part[]){__VA_ARGS__}) / sizeof(part), (const part[]){__VA_ARGS__})

#endif
