/*
 * wrappers.c — C functions that only acquire a lock, checked or not.
 */
#include <assert.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

struct table {
	pthread_mutex_t lock;
	int rows;
};

static atomic_bool done;
static struct table users = {.lock = PTHREAD_MUTEX_INITIALIZER};
static struct table groups = {.lock = PTHREAD_MUTEX_INITIALIZER};

static int table_lock(struct table *t)
{
	return pthread_mutex_lock(&t->lock);
}

static void xlock(pthread_mutex_t *m)
{
	int error = pthread_mutex_lock(m);

	if (error) {
		fprintf(stderr, "pthread_mutex_lock: %d\n", error);
		abort();
	}
}

__attribute__((noinline)) static void die(const char *what, int error)
{
	fprintf(stderr, "%s: %d\n", what, error);
	exit(1);
}

static void xxlock(pthread_mutex_t *m)
{
	int error = pthread_mutex_lock(m);

	if (error)
		die("pthread_mutex_lock", error);
}

static int alock(pthread_mutex_t *m)
{
	int e = pthread_mutex_lock(m);
	assert(e == 0);
	return e;
}

static void table_unlock(struct table *t)
{
	pthread_mutex_unlock(&t->lock);
}

static void *add_user(void *unused)
{
	table_lock(&users); /* acquired here */
	users.rows++;
	xlock(&groups.lock); /* acquired here */
	groups.rows++;
	table_unlock(&groups);
	table_unlock(&users);
	done = true;
	return unused;
}

static void *drop_group(void *unused)
{
	while (!done)
		sched_yield();
	alock(&groups.lock); /* acquired here */
	groups.rows--;
	xxlock(&users.lock); /* acquired here */
	users.rows--;
	table_unlock(&users);
	table_unlock(&groups);
	return unused;
}

/* The second thread begins when the first is done; neither waits for a lock. */
int main(void)
{
	pthread_t first, second;

	pthread_create(&first, NULL, add_user, NULL);
	pthread_create(&second, NULL, drop_group, NULL);
	pthread_join(first, NULL);
	pthread_join(second, NULL);
}
