/*
 * again.c — counts how often the library's internal lock is acquired when a thread acquires again,
 * in the same order and at the same places, more locks than its caches have entries.
 *
 *   again     prints "NAME ACQUISITIONS FIRST LAST" of each operation: how often the internal lock
 *             was acquired when the operation ran for the first and for the last time
 *
 * An operation acquires and releases each of LOCKS locks, under another lock or not.
 */
#include "internal_lock.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>

enum { LOCKS = 4000, PASSES = 3 };

static pthread_mutex_t mutexes[LOCKS], first = PTHREAD_MUTEX_INITIALIZER,
				       last = PTHREAD_MUTEX_INITIALIZER;
static pthread_spinlock_t spins[LOCKS], last_spin;
static pthread_rwlock_t rwlocks[LOCKS];
static sem_t semaphores[LOCKS];

static void mutex(int i)
{
	pthread_mutex_lock(&mutexes[i]);
	pthread_mutex_unlock(&mutexes[i]);
}

static void spin(int i)
{
	pthread_spin_lock(&spins[i]);
	pthread_spin_unlock(&spins[i]);
}

static void semaphore(int i)
{
	sem_wait(&semaphores[i]);
	sem_post(&semaphores[i]);
}

static void read_under(int i)
{
	pthread_mutex_lock(&first);
	pthread_rwlock_rdlock(&rwlocks[i]);
	pthread_rwlock_unlock(&rwlocks[i]);
	pthread_mutex_unlock(&first);
}

/* The lock below is released first, and then another one is acquired. */
static void left(int i)
{
	pthread_mutex_lock(&first);
	if (pthread_mutex_trylock(&mutexes[i]) == 0) {
		pthread_mutex_unlock(&first);
		pthread_mutex_lock(&last);
		pthread_mutex_unlock(&last);
		pthread_mutex_unlock(&mutexes[i]);
	}
}

/* The same with locks without a tag. */
static void left_spin(int i)
{
	pthread_mutex_lock(&first);
	if (pthread_spin_trylock(&spins[i]) == 0) {
		pthread_mutex_unlock(&first);
		pthread_spin_lock(&last_spin);
		pthread_spin_unlock(&last_spin);
		pthread_spin_unlock(&spins[i]);
	}
}

static const struct row {
	const char *name;
	void (*does)(int i);
	int acquires;
} rows[] = {
	{"mutex", mutex, 1},           {"spin", spin, 1}, {"semaphore", semaphore, 1},
	{"read-under", read_under, 2}, {"left", left, 3}, {"left-spin", left_spin, 3},
};

static __attribute__((noinline)) uint64_t pass(const struct row *row)
{
	uint64_t before = internal_lock_taken();

	for (int i = 0; i < LOCKS; i++)
		row->does(i);
	return internal_lock_taken() - before;
}

int main(void)
{
	if (pthread_spin_init(&last_spin, 0))
		return 1;
	for (int i = 0; i < LOCKS; i++)
		if (pthread_mutex_init(&mutexes[i], NULL) || pthread_spin_init(&spins[i], 0) ||
		    pthread_rwlock_init(&rwlocks[i], NULL) || sem_init(&semaphores[i], 0, 1))
			return 1;
	for (unsigned r = 0; r < sizeof(rows) / sizeof(rows[0]); r++) {
		unsigned long taken[PASSES];
		for (volatile int i = 0; i < PASSES;
		     i++) /* one call, so that the stacks are the same */
			taken[i] = pass(&rows[r]);
		printf("%s %d %lu %lu\n", rows[r].name, rows[r].acquires * LOCKS, taken[0],
		       taken[PASSES - 1]);
	}
	return 0;
}
