/*
 * owners.c — near misses: each of these functions acquires a lock and does some work as well, so
 * it is the user's own code and no wrapper.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>

static atomic_bool done;
static pthread_mutex_t rows = PTHREAD_MUTEX_INITIALIZER, index_lock = PTHREAD_MUTEX_INITIALIZER;
static int count, opened;

/* counts */
static void begin_row(void)
{
	pthread_mutex_lock(&rows); /* acquired here */
	count++;
}

/* calls another function */
static void begin_index(void)
{
	pthread_mutex_lock(&index_lock); /* acquired here */
	puts("index");
}

/* counts before */
static void open_index(void)
{
	opened++;
	pthread_mutex_lock(&index_lock); /* acquired here */
}

/* acquires two locks */
static void begin_both(void)
{
	open_index();
	pthread_mutex_lock(&rows); /* acquired here */
}

static void *by_rows(void *unused)
{
	begin_row();
	begin_index();
	pthread_mutex_unlock(&index_lock);
	pthread_mutex_unlock(&rows);
	done = true;
	return unused;
}

static void *by_index(void *unused)
{
	while (!done)
		sched_yield();
	begin_both();
	pthread_mutex_unlock(&rows);
	pthread_mutex_unlock(&index_lock);
	return unused;
}

/* The second thread begins when the first is done; neither waits for a lock. */
int main(void)
{
	pthread_t first, second;

	pthread_create(&first, NULL, by_rows, NULL);
	pthread_create(&second, NULL, by_index, NULL);
	pthread_join(first, NULL);
	pthread_join(second, NULL);
	printf("%d %d\n", count, opened);
}
