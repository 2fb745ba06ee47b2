/*
 * words.c — threads that wait in a futex while they hold a mutex for which another thread waits.
 * Only in `event` is that a likely deadlock. The process ends by itself while all of them still
 * wait.
 */
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static atomic_uint word, other, step;
static struct timespec hour = {3600, 0};

static void until(unsigned n)
{
	while (step < n)
		usleep(200);
}

static void waits(atomic_uint *at, const struct timespec *limit)
{
	unsigned seen = *at;

	syscall(SYS_futex, at, FUTEX_WAIT_PRIVATE, seen, limit, NULL, 0);
}

/* Returns once a thread sleeps there and was woken. */
static void wakes(atomic_uint *at)
{
	while (syscall(SYS_futex, at, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0) != 1)
		usleep(200);
}

/* Holds the mutex and waits, after it was woken `before` times by threads at this word. */
static void *holder(void *before)
{
	for (long i = 0; i < (long)before; i++)
		waits(&word, NULL);
	pthread_mutex_lock(&mutex);
	step = 10;
	waits(&word, NULL);
	return NULL;
}

static void *holder_with_limit(void *before)
{
	waits(&word, NULL);
	pthread_mutex_lock(&mutex);
	step = 10;
	waits(&word, &hour);
	return before;
}

static void *wakes_and_wants(void *unused)
{
	wakes(&word);
	until(10);
	pthread_mutex_lock(&mutex);
	return unused;
}

static void *wants(void *unused)
{
	until(10);
	pthread_mutex_lock(&mutex);
	return unused;
}

/* It was handed its work by the thread that joins it. */
static void *works(void *unused)
{
	waits(&word, NULL);
	step = 10;
	waits(&word, NULL);
	return unused;
}

static void *joins(void *unused)
{
	pthread_t t;

	pthread_create(&t, NULL, works, NULL);
	wakes(&word);
	pthread_join(t, NULL);
	return unused;
}

static void *wakes_only(void *times)
{
	for (long i = 0; i < (long)times; i++)
		wakes(&word);
	until(100);
	return NULL;
}

/* Was woken there, and has woken nobody: the thread of a queue that takes the next piece of work.
 */
static void *woken_and_wants(void *unused)
{
	waits(&word, NULL);
	step = 1;
	until(10);
	pthread_mutex_lock(&mutex);
	return unused;
}

static void *holder_later(void *unused)
{
	until(1);
	return holder(unused);
}

static void *wakes_and_runs(void *unused)
{
	wakes(&word);
	for (;;)
		usleep(1000);
	return unused;
}

/* Two threads that wake each other, in two words, and now wait both. */
static void *first(void *unused)
{
	waits(&word, NULL);
	wakes(&other);
	waits(&word, NULL);
	return unused;
}

static void *second(void *unused)
{
	wakes(&word);
	waits(&other, NULL);
	pthread_mutex_lock(&mutex);
	step = 10;
	waits(&other, NULL);
	return unused;
}

typedef void *routine(void *);

static void start(routine *f, long n)
{
	pthread_t t;

	pthread_create(&t, NULL, f, (void *)n);
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";

	printf("pid %d\n", getpid());
	fflush(stdout);
	if (!strcmp(mode, "event")) { /* the only thread that brings the event wants the mutex */
		start(holder, 1);
		start(wakes_and_wants, 0);
	} else if (!strcmp(mode, "others")) { /* another thread has brought it too, and may again */
		start(holder, 2);
		start(wakes_and_wants, 0);
		start(wakes_only, 1);
	} else if (!strcmp(mode, "leader")) { /* the next piece of work comes from a thread that
						 does not wait */
		start(woken_and_wants, 0);
		start(wakes_only, 1);
		start(holder_later, 0);
	} else if (!strcmp(mode, "joined")) {
		start(joins, 0);
	} else if (!strcmp(mode, "limit")) {
		start(holder_with_limit, 0);
		start(wakes_and_wants, 0);
	} else if (!strcmp(mode, "runs")) {
		start(holder, 1);
		start(wakes_and_runs, 0);
	} else if (!strcmp(mode, "never")) { /* nobody was ever woken there */
		start(holder, 0);
		start(wants, 0);
	} else {
		start(first, 0);
		start(second, 0);
	}
	until(10);
	usleep(2000000); /* the monitor believes a wait after a second */
	_exit(0);
}
