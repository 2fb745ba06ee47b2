/*
 * What one thread does depends on whether it was kept waiting where nobody holds a lock: then, as
 * if another one had come between, it takes two locks the other way round. The kernel's count of
 * its voluntary switches says so, so that nothing here depends on the speed of a machine. Where
 * the kernel took the processor from it meanwhile, that is not to be told: a nap may then have
 * been over before it began.
 *
 *     shaken [gate | handler | timed | one]
 *
 * prints a character for each time: x it was kept waiting, . it was not, ? not known.
 *     gate     the other way round only under a lock that both ways share
 *     handler  the lock is asked for in a signal handler
 *     timed    it is asked for with a limit
 *     one      there is no other thread
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { TURNS = 40 };

static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER, b = PTHREAD_MUTEX_INITIALIZER,
		       free_lock = PTHREAD_MUTEX_INITIALIZER, gate = PTHREAD_MUTEX_INITIALIZER;
static atomic_int turn;
static int gated, timed;
static char was_late[TURNS + 1];

static void both(pthread_mutex_t *first, pthread_mutex_t *second)
{
	if (gated)
		pthread_mutex_lock(&gate);
	pthread_mutex_lock(first);
	pthread_mutex_lock(second);
	pthread_mutex_unlock(second);
	pthread_mutex_unlock(first);
	if (gated)
		pthread_mutex_unlock(&gate);
}

static struct rusage switches(void)
{
	struct rusage u;

	getrusage(RUSAGE_THREAD, &u);
	return u;
}

static char switched_since(struct rusage before)
{
	struct rusage now = switches();

	if (now.ru_nvcsw > before.ru_nvcsw)
		return 'x';
	return now.ru_nivcsw > before.ru_nivcsw ? '?' : '.';
}

static void take_free_lock(int none)
{
	struct timespec soon;

	(void)none;
	clock_gettime(CLOCK_REALTIME, &soon);
	soon.tv_sec += 1000;
	if (timed)
		pthread_mutex_timedlock(&free_lock, &soon);
	else
		pthread_mutex_lock(&free_lock);
	pthread_mutex_unlock(&free_lock);
}

static void *go_round(void *how)
{
	while (!turn)
		sched_yield();
	take_free_lock(0); /* known from now on */
	for (int i = 0; i < TURNS; i++) {
		struct rusage before = switches();

		if (strcmp(how, "handler") == 0)
			raise(SIGUSR1);
		else
			take_free_lock(0);
		was_late[i] = switched_since(before);
	}
	if (strchr(was_late, 'x'))
		both(&b, &a);
	return how;
}

static void *in_order(void *none)
{
	both(&a, &b);
	return none;
}

int main(int argc, char **argv)
{
	char *how = argc > 1 ? argv[1] : "";
	pthread_t t[2];

	gated = strcmp(how, "gate") == 0;
	timed = strcmp(how, "timed") == 0;
	signal(SIGUSR1, take_free_lock);
	if (strcmp(how, "one") == 0) {
		in_order(NULL);
		turn = 1;
		go_round(how);
	} else {
		pthread_create(&t[0], NULL, go_round, how);
		pthread_create(&t[1], NULL, in_order, NULL);
		pthread_join(t[1], NULL);
		turn = 1; /* not before: what it leaves behind may keep others waiting too */
		pthread_join(t[0], NULL);
	}
	puts(was_late);
	return 0;
}
