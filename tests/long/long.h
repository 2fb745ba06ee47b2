/*
 * long.h — what every case needs. A case holds a lock or sleeps until the report has been seen:
 * then the script creates the file $GO, and until_go() returns. until_go() prints "waits" first.
 * No case measures time.
 *
 * canary(): a thread that holds its own lock and sleeps until then. A near miss that lasts as
 * long was sampled as often as the canary, which is reported.
 */
#ifndef LONG_H
#define LONG_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define UNUSED __attribute__((unused))
#define NOINLINE __attribute__((noinline))

static pthread_mutex_t accounts UNUSED = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t canary_lock UNUSED = PTHREAD_MUTEX_INITIALIZER;
static volatile int ready UNUSED, go UNUSED;

UNUSED static void until_go(void)
{
	const char *file = getenv("GO");
	puts("waits");
	fflush(stdout);
	while (file && access(file, F_OK))
		usleep(2000);
	go = 1;
}

UNUSED static void until_ready(int n)
{
	while (__atomic_load_n(&ready, __ATOMIC_ACQUIRE) < n)
		sched_yield();
}

UNUSED static void is_ready(void)
{
	__atomic_add_fetch(&ready, 1, __ATOMIC_ACQ_REL);
}

UNUSED static void nothing(int signal)
{
	(void)signal;
}

/* SIGUSR1 then only interrupts a sleep. */
UNUSED static void let_wake(void)
{
	struct sigaction a;
	memset(&a, 0, sizeof(a));
	a.sa_handler = nothing;
	sigaction(SIGUSR1, &a, NULL);
}

/* Sends the signal again and again: the thread may not sleep yet. */
UNUSED static void wake_and_join(pthread_t t)
{
	while (pthread_tryjoin_np(t, NULL) == EBUSY) {
		pthread_kill(t, SIGUSR1);
		usleep(1000);
	}
}

UNUSED static pthread_t in_thread(void *(*f)(void *))
{
	pthread_t t;
	pthread_create(&t, NULL, f, NULL);
	return t;
}

/* Waits until the thread has stored its id in *tid and sleeps. */
UNUSED static void until_asleep(const pid_t *tid)
{
	char name[64], state = 'R';
	do {
		sched_yield();
		snprintf(name, sizeof(name), "/proc/self/task/%d/stat",
			 __atomic_load_n(tid, __ATOMIC_ACQUIRE));
		FILE *f = fopen(name, "r");
		if (!f || fscanf(f, "%*d (%*[^)]) %c", &state) != 1)
			state = 'R';
		if (f)
			fclose(f);
	} while (state != 'S');
}

UNUSED NOINLINE static void sleep_long(void)
{
	struct timespec t = {1000, 0};
	while (!go)
		nanosleep(&t, NULL);
}

UNUSED static void *canary_run(void *none)
{
	pthread_mutex_lock(&canary_lock);
	is_ready();
	sleep_long();
	pthread_mutex_unlock(&canary_lock);
	return none;
}

/* Begins when `others` threads are ready; ends at go. */
UNUSED static void canary(int others)
{
	pthread_t t;
	until_ready(others);
	let_wake();
	t = in_thread(canary_run);
	until_go();
	wake_and_join(t);
}

#endif
