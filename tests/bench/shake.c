/*
 * shake.c — programs with an error that needs one order of events, for tests/bench/shake. Most runs
 * end well. Work between the lock calls takes a random time, so that no two runs are alike.
 *
 * shake SCENE
 * - two, three, five: each thread acquires its lock, then the next thread's (five: philosophers)
 * - readers: a rwlock and a mutex, in both orders
 * - rare: two locks; of a thousand times one is in the other order
 * - late-wait: a thread tests a flag, then waits; the flag is set without the mutex
 * - early-end: a flag is set, then signalled after the unlock, on a condition that may be gone
 * - late-start: a thread signals that it has started to a creator that does not wait yet
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { THREADS = 5, TIMES = 20, TIMES_RARE = 1000, WORK_NS = 500, PAUSE_NS = 200000 };

static pthread_mutex_t lock[THREADS];
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static int threads;
static atomic_int ready;

static long now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Works for up to this long. */
static void work(unsigned *random, long at_most)
{
	*random = *random * 1664525u + 1013904223u;
	for (long end = now_ns() + (*random >> 8) % at_most; now_ns() < end;)
		;
}

static void both(pthread_mutex_t *first, pthread_mutex_t *second, unsigned *random)
{
	pthread_mutex_lock(first);
	work(random, WORK_NS);
	pthread_mutex_lock(second);
	pthread_mutex_unlock(second);
	pthread_mutex_unlock(first);
}

static void *next_to(void *number)
{
	int i = (int)(long)number;
	unsigned random = (unsigned)now_ns() + (unsigned)i;

	for (int n = 0; n < TIMES * threads; n++) {
		work(&random, PAUSE_NS);
		both(&lock[i], &lock[(i + 1) % threads], &random);
	}
	return NULL;
}

static void *reads(void *number)
{
	unsigned random = (unsigned)now_ns();

	for (int n = 0; n < TIMES; n++) {
		work(&random, PAUSE_NS);
		if (number)
			pthread_mutex_lock(&lock[0]);
		(number ? pthread_rwlock_wrlock : pthread_rwlock_rdlock)(&rwlock);
		work(&random, WORK_NS);
		if (!number) {
			pthread_mutex_lock(&lock[0]);
			pthread_mutex_unlock(&lock[0]);
		}
		pthread_rwlock_unlock(&rwlock);
		if (number)
			pthread_mutex_unlock(&lock[0]);
	}
	return NULL;
}

static void *rarely(void *number)
{
	unsigned random = (unsigned)now_ns();

	for (int n = 0; n < TIMES_RARE; n++) {
		work(&random, WORK_NS);
		if (number && n == TIMES_RARE / 2)
			both(&lock[1], &lock[0], &random);
		else
			both(&lock[0], &lock[1], &random);
	}
	return NULL;
}

static void together(int n, void *(*routine)(void *))
{
	pthread_t t[THREADS];

	threads = n;
	for (long i = 0; i < n; i++)
		pthread_create(&t[i], NULL, routine, (void *)i);
	for (int i = 0; i < n; i++)
		pthread_join(t[i], NULL);
}

struct event {
	pthread_mutex_t mutex;
	pthread_cond_t condition;
	atomic_int happened;
};

static struct event *new_event(void)
{
	struct event *e = calloc(1, sizeof(*e));

	pthread_mutex_init(&e->mutex, NULL);
	pthread_cond_init(&e->condition, NULL);
	return e;
}

static void wait_for(struct event *e)
{
	pthread_mutex_lock(&e->mutex);
	while (!e->happened)
		pthread_cond_wait(&e->condition, &e->mutex);
	pthread_mutex_unlock(&e->mutex);
}

static void *sets_without_mutex(void *event)
{
	struct event *e = event;
	unsigned random = (unsigned)now_ns();

	ready = 1;
	work(&random, PAUSE_NS);
	e->happened = 1;
	pthread_cond_signal(&e->condition);
	return NULL;
}

static void *signals_after_unlock(void *event)
{
	struct event *e = event;
	unsigned random = (unsigned)now_ns();

	ready = 1;
	work(&random, PAUSE_NS);
	pthread_mutex_lock(&e->mutex);
	e->happened = 1;
	pthread_mutex_unlock(&e->mutex);
	if (e->happened != 1) { /* the memory has another owner already: a signal goes astray */
		puts("gone");
		exit(1);
	}
	pthread_cond_signal(&e->condition);
	return NULL;
}

/* The other thread runs while this one waits, or comes to its wait. */
static void meet(void *(*routine)(void *))
{
	for (int n = 0; n < TIMES; n++) {
		struct event *e = new_event();
		unsigned random = (unsigned)now_ns();
		pthread_t t;

		ready = 0;
		pthread_create(&t, NULL, routine, e);
		while (!ready)
			sched_yield();
		work(&random, PAUSE_NS);
		wait_for(e);
		e->happened = 2; /* this event is over */
		pthread_join(t, NULL);
		free(e);
	}
}

static void *starts(void *event)
{
	struct event *e = event;

	pthread_mutex_lock(&e->mutex);
	pthread_cond_signal(&e->condition);
	pthread_mutex_unlock(&e->mutex);
	return NULL;
}

static void create_and_wait(void)
{
	for (int n = 0; n < TIMES; n++) {
		struct event *e = new_event();
		pthread_t t;

		pthread_create(&t, NULL, starts, e);
		pthread_mutex_lock(&e->mutex);
		pthread_cond_wait(&e->condition, &e->mutex);
		pthread_mutex_unlock(&e->mutex);
		pthread_join(t, NULL);
		free(e);
	}
}

int main(int argc, char **argv)
{
	const char *scene = argc > 1 ? argv[1] : "";

	for (int i = 0; i < THREADS; i++)
		pthread_mutex_init(&lock[i], NULL);
	if (strcmp(scene, "two") == 0)
		together(2, next_to);
	else if (strcmp(scene, "three") == 0)
		together(3, next_to);
	else if (strcmp(scene, "five") == 0)
		together(5, next_to);
	else if (strcmp(scene, "readers") == 0)
		together(2, reads);
	else if (strcmp(scene, "rare") == 0)
		together(2, rarely);
	else if (strcmp(scene, "late-wait") == 0)
		meet(sets_without_mutex);
	else if (strcmp(scene, "early-end") == 0)
		meet(signals_after_unlock);
	else if (strcmp(scene, "late-start") == 0)
		create_and_wait();
	else
		return 2;
	return 0;
}
