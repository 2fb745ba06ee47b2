/*
 * POSIX allows each: a condition is destroyed right after the broadcast that wakes its waiters, a
 * semaphore by the thread whose wait has ended, a barrier by a thread whose wait has ended, and a
 * condition, a semaphore and a barrier are initialized again then.
 * EXPECT: nothing
 */
#include "case.h"

#include <stdbool.h>

enum { WAITERS = 4, ROUNDS = 50 };
MUTEX(m);
static pthread_cond_t c;
static sem_t s;
static pthread_barrier_t b;
static int go, waiting;

static void *waits(void *arg)
{
	lock(&m);
	waiting++;
	while (!go)
		pthread_cond_wait(&c, &m);
	unlock(&m);
	return arg;
}

/* With the mutex held the waiters are still in their waits, but no longer wait for the condition.
 */
static void wake_and_destroy(bool held)
{
	pthread_t t[WAITERS];

	go = waiting = 0;
	pthread_cond_init(&c, NULL);
	for (int i = 0; i < WAITERS; i++)
		pthread_create(&t[i], NULL, waits, NULL);
	for (int all = 0; !all;) {
		lock(&m);
		all = waiting == WAITERS;
		if (all) {
			go = 1;
			pthread_cond_broadcast(&c);
			if (held)
				pthread_cond_destroy(&c);
		}
		unlock(&m);
		sched_yield();
	}
	if (!held)
		pthread_cond_destroy(&c);
	for (int i = 0; i < WAITERS; i++)
		pthread_join(t[i], NULL);
}

static void *posts(void *arg)
{
	sem_post(&s);
	return arg;
}

static void *meets(void *arg)
{
	pthread_barrier_wait(&b);
	return arg;
}

static void wait_and_destroy(void)
{
	pthread_t t;

	sem_init(&s, 0, 0);
	pthread_create(&t, NULL, posts, NULL);
	sem_wait(&s);
	sem_destroy(&s);
	pthread_join(t, NULL);
	pthread_barrier_init(&b, NULL, 2);
	pthread_create(&t, NULL, meets, NULL);
	pthread_barrier_wait(&b);
	pthread_barrier_destroy(&b);
	pthread_join(t, NULL);
}

int main(void)
{
	for (int i = 0; i < ROUNDS; i++) {
		wake_and_destroy(i % 2);
		wait_and_destroy();
	}
	return 0;
}
