/*
 * scene.h — helpers of the programs: short names for the calls, threads side by side, and an
 * event that a thread waits for with a mutex and a condition.
 *
 * The first comment of a program says what is true of its cycle: `CAN: why` or `CANNOT: why`, and
 * `NEAR CAN: why` of the same program compiled with -DNEAR. Sleeps keep the threads apart, so that
 * a plain run ends; they order nothing.
 */
#ifndef SCENE_H
#define SCENE_H

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MUTEX(name) static pthread_mutex_t name = PTHREAD_MUTEX_INITIALIZER
#define RWLOCK(name) static pthread_rwlock_t name = PTHREAD_RWLOCK_INITIALIZER
#define UNUSED __attribute__((unused))

#define lock(m) pthread_mutex_lock(&(m))
#define unlock(m) pthread_mutex_unlock(&(m))

/* A function that acquires two mutexes in this order, and releases them. */
#define IN_ORDER(name, first, second)                                                              \
	UNUSED static void name(void)                                                              \
	{                                                                                          \
		lock(first);                                                                       \
		lock(second);                                                                      \
		unlock(second);                                                                    \
		unlock(first);                                                                     \
	}

typedef void (*scene_part)(void);

UNUSED static void ms(double n)
{
	usleep((useconds_t)(n * 1e3));
}

UNUSED static void *scene_run(void *part)
{
	(*(scene_part *)part)();
	return NULL;
}

UNUSED static void scene_all(scene_part *part)
{
	pthread_t thread[64];
	int n = 0;

	for (; part[n]; n++)
		pthread_create(&thread[n], NULL, scene_run, &part[n]);
	for (int i = 0; i < n; i++)
		pthread_join(thread[i], NULL);
}

/* Runs each function in a thread of its own, and joins them all. */
#define side_by_side(...) scene_all((scene_part[]){__VA_ARGS__, NULL})

struct event {
	pthread_mutex_t m;
	pthread_cond_t c;
	int count;
};
#define EVENT(name)                                                                                \
	static struct event name = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0}

UNUSED static void raise_event(struct event *e)
{
	lock(e->m);
	e->count++;
	pthread_cond_broadcast(&e->c);
	unlock(e->m);
}

/* Waits until the event was raised so many times. */
UNUSED static void await_event(struct event *e, int count)
{
	lock(e->m);
	while (e->count < count)
		pthread_cond_wait(&e->c, &e->m);
	unlock(e->m);
}

/* The same, but not longer than a time. */
UNUSED static bool await_event_for(struct event *e, int count, int limit_ms)
{
	struct timespec end;
	int rc = 0;

	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_nsec += limit_ms * 1000000L;
	end.tv_sec += end.tv_nsec / 1000000000L;
	end.tv_nsec %= 1000000000L;
	lock(e->m);
	while (e->count < count && !rc)
		rc = pthread_cond_timedwait(&e->c, &e->m, &end);
	unlock(e->m);
	return !rc;
}

#endif
