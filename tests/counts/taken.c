/*
 * taken.c — counts how often the library's internal lock is acquired while two threads contend.
 *
 *   taken OPERATION     prints "PAIRS TAKEN": pairs of acquire and release, and how often the
 *                       internal lock was acquired meanwhile
 *   taken               prints the names of the operations
 *
 * Two threads repeat the operation. Of a semaphore that is a signal and of a condition a pair is
 * one hop, for which a thread waits. Of a lock, the threads meet in rounds: in the first pair of
 * each round one thread begins to wait while the other holds the lock, so that thousands of pairs
 * wait on every machine; in the other pairs they compete. WARM pairs come before the count. The
 * ledger's header has the number of acquisitions of the internal lock; without the library it
 * counts as 0.
 */
#include "internal_lock.h"

#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WARM = 20000, PAIRS = 1000000, HOPS = 40000, LINE = 64 };

#define ALONE __attribute__((aligned(4 * LINE)))
static ALONE pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static ALONE pthread_mutex_t recursive, errorcheck;
static ALONE pthread_rwlock_t rw = PTHREAD_RWLOCK_INITIALIZER;
static ALONE pthread_spinlock_t spin;
static ALONE sem_t binary, counting, signals[2];
static ALONE pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static ALONE int turn;

static void wait_for(const long *number, long value)
{
	while (__atomic_load_n(number, __ATOMIC_ACQUIRE) < value)
		sched_yield();
}

/*
 * Rounds: in the first pair of each, the first thread holds the lock until the second one is about
 * to acquire it. These numbers only grow.
 */
static ALONE long begun; /* rounds that the second thread has begun */
static ALONE long held;  /* rounds in which the first thread has acquired the lock */
static ALONE long wants; /* rounds in which the second thread is about to acquire it */

static void before(int me, bool is_round)
{
	static long rounds[2];

	if (!is_round)
		return;
	rounds[me]++;
	if (me)
		__atomic_store_n(&begun, rounds[me], __ATOMIC_RELEASE);
	wait_for(me ? &held : &begun, rounds[me]);
	if (me)
		__atomic_store_n(&wants, rounds[me], __ATOMIC_RELEASE);
}

static void inside(int me, bool is_round)
{
	enum { UNTIL_IT_WAITS = 4 };

	if (me || !is_round)
		return;
	__atomic_store_n(&held, held + 1, __ATOMIC_RELEASE);
	wait_for(&wants, held);
	for (int i = 0; i < UNTIL_IT_WAITS; i++)
		sched_yield();
}

/* Runs one pair in thread `me`; of a round, the first one. */
typedef void operation(int me, bool is_round);

#define OPERATION(name, ACQUIRE, RELEASE)                                                          \
	static void do_##name(int me, bool is_round)                                               \
	{                                                                                          \
		before(me, is_round);                                                              \
		ACQUIRE;                                                                           \
		inside(me, is_round);                                                              \
		RELEASE;                                                                           \
	}

OPERATION(mutex, pthread_mutex_lock(&mutex), pthread_mutex_unlock(&mutex))
OPERATION(recursive, pthread_mutex_lock(&recursive), pthread_mutex_unlock(&recursive))
OPERATION(errorcheck, pthread_mutex_lock(&errorcheck), pthread_mutex_unlock(&errorcheck))
OPERATION(spin, pthread_spin_lock(&spin), pthread_spin_unlock(&spin))
OPERATION(binary, sem_wait(&binary), sem_post(&binary))
/* The main thread has the other one of two permits. */
OPERATION(counting, sem_wait(&counting), sem_post(&counting))
OPERATION(write, pthread_rwlock_wrlock(&rw), pthread_rwlock_unlock(&rw))

/* The first thread writes and the second one reads. */
OPERATION(read, me ? pthread_rwlock_rdlock(&rw) : pthread_rwlock_wrlock(&rw),
	  pthread_rwlock_unlock(&rw))

static void do_signal(int me, bool is_round)
{
	(void)is_round;
	sem_wait(&signals[me]);
	sem_post(&signals[!me]);
}

static void do_hop(int me, bool is_round)
{
	(void)is_round;
	pthread_mutex_lock(&mutex);
	while (turn != me)
		pthread_cond_wait(&cond, &mutex);
	turn = !me;
	pthread_cond_signal(&cond);
	pthread_mutex_unlock(&mutex);
}

#define ROW(name, pairs, per_round)                                                                \
	{                                                                                          \
#name, do_##name, pairs, per_round                                                 \
	}
static const struct row {
	const char *name;
	operation *does;
	long pairs, per_round; /* a thread that spins would use up its time on one processor */
} rows[] = {
	ROW(mutex, PAIRS, 50),  ROW(recursive, PAIRS, 50), ROW(errorcheck, PAIRS, 50),
	ROW(read, PAIRS, 50),   ROW(write, PAIRS, 50),     ROW(spin, PAIRS, 2000),
	ROW(binary, PAIRS, 50), ROW(counting, PAIRS, 50),  ROW(signal, HOPS, 1),
	ROW(hop, HOPS, 1),
};
enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static const struct row *row;
static long phase;   /* raised by the main thread */
static long arrived; /* threads that have done the work of the phases so far */

static __attribute__((noinline)) void repeat(int me, long pairs)
{
	for (long i = 0; i < pairs; i++)
		row->does(me, i % row->per_round == 0);
}

static void *run(void *which)
{
	int me = which != NULL;

	for (volatile int p = 1; p <= 2; p++) { /* one call, so that the stacks are the same */
		wait_for(&phase, p);
		repeat(me, p == 1 ? WARM : row->pairs / 2);
		__atomic_add_fetch(&arrived, 1, __ATOMIC_RELEASE);
	}
	wait_for(&phase, 3); /* the end of a thread is not counted */
	return NULL;
}

static void run_phase(long number)
{
	__atomic_store_n(&phase, number, __ATOMIC_RELEASE);
	wait_for(&arrived, 2 * number);
}

static bool init_mutex(pthread_mutex_t *m, int type)
{
	pthread_mutexattr_t attributes;

	return !pthread_mutexattr_init(&attributes) &&
	       !pthread_mutexattr_settype(&attributes, type) && !pthread_mutex_init(m, &attributes);
}

static bool init(void)
{
	return init_mutex(&recursive, PTHREAD_MUTEX_RECURSIVE) &&
	       init_mutex(&errorcheck, PTHREAD_MUTEX_ERRORCHECK) && !pthread_spin_init(&spin, 0) &&
	       !sem_init(&binary, 0, 1) && !sem_init(&counting, 0, 2) && !sem_wait(&counting) &&
	       !sem_init(&signals[0], 0, 1) && !sem_init(&signals[1], 0, 0);
}

static int measure(void)
{
	pthread_t t[2];

	if (!init() || pthread_create(&t[0], NULL, run, NULL) ||
	    pthread_create(&t[1], NULL, run, &mutex))
		return 1;
	run_phase(1);
	uint64_t before = internal_lock_taken();
	run_phase(2);
	uint64_t after = internal_lock_taken();
	printf("%ld %lu\n", row->pairs, (unsigned long)(after - before));
	__atomic_store_n(&phase, 3, __ATOMIC_RELEASE);
	return pthread_join(t[0], NULL) || pthread_join(t[1], NULL);
}

int main(int argc, char **argv)
{
	for (int i = 0; i < ROWS; i++) {
		if (argc < 2)
			puts(rows[i].name);
		else if (strcmp(rows[i].name, argv[1]) == 0)
			row = &rows[i];
	}
	return argc < 2 ? 0 : row ? measure() : 2;
}
