/* half_lib.c — a library that several programs link: its locks, and functions that acquire them. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

void *there(void *), *back(void *), *on(void *), *round_again(void *), *readers(void *),
	*sredaer(void *), *write_one(void *);
extern int with_gate, shared_gate, prefer_writers;
int with_gate, shared_gate, prefer_writers;

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER, a = PTHREAD_MUTEX_INITIALIZER,
		       b = PTHREAD_MUTEX_INITIALIZER, c = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t x = PTHREAD_RWLOCK_INITIALIZER, y = PTHREAD_RWLOCK_INITIALIZER;
static pthread_rwlock_t read_gate = PTHREAD_RWLOCK_INITIALIZER;
static pthread_rwlock_t u = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;
static atomic_flag busy = ATOMIC_FLAG_INIT; /* prevents the deadlock */

static void pair(pthread_mutex_t *first, pthread_mutex_t *second)
{
	while (atomic_flag_test_and_set(&busy))
		sched_yield();
	if (with_gate)
		pthread_mutex_lock(&gate);
	if (shared_gate)
		pthread_rwlock_rdlock(&read_gate);
	pthread_mutex_lock(first);
	pthread_mutex_lock(second);
	pthread_mutex_unlock(second);
	pthread_mutex_unlock(first);
	if (shared_gate)
		pthread_rwlock_unlock(&read_gate);
	if (with_gate)
		pthread_mutex_unlock(&gate);
	atomic_flag_clear(&busy);
}

static void read_pair(pthread_rwlock_t *first, pthread_rwlock_t *second)
{
	pthread_rwlock_rdlock(first);
	pthread_rwlock_rdlock(second);
	pthread_rwlock_unlock(second);
	pthread_rwlock_unlock(first);
}

void *there(void *p)
{
	pair(&a, &b);
	return p;
}

void *back(void *p)
{
	pair(&b, &a);
	return p;
}

void *on(void *p)
{
	pair(&b, &c);
	return p;
}

void *round_again(void *p)
{
	pair(&c, &a);
	return p;
}

void *readers(void *p)
{
	if (!prefer_writers) {
		read_pair(&x, &y);
		return p;
	}
	pthread_rwlock_rdlock(&u);
	pthread_mutex_lock(&a);
	pthread_mutex_unlock(&a);
	pthread_rwlock_unlock(&u);
	return p;
}

void *sredaer(void *p)
{
	if (!prefer_writers) {
		read_pair(&y, &x);
		return p;
	}
	pthread_mutex_lock(&a);
	pthread_rwlock_rdlock(&u);
	pthread_rwlock_unlock(&u);
	pthread_mutex_unlock(&a);
	return p;
}

/* A lock that prefers writers makes readers wait behind this writer. */
void *write_one(void *p)
{
	pthread_rwlock_wrlock(&u);
	pthread_rwlock_unlock(&u);
	return p;
}
