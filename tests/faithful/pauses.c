/*
 * pauses.c — what pauses before locks must not change: a signal is handled at once, no limit of the
 * program runs out, a forked child goes on, and the process ends while threads pause.
 * STEERED: yes damaged
 */
#include "observe.h"
#include <semaphore.h>

static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER, b = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t r = PTHREAD_RWLOCK_INITIALIZER;
static sem_t held, handled;
static volatile int over;

static void nested(void)
{
	pthread_mutex_lock(&a);
	pthread_rwlock_rdlock(&r);
	pthread_mutex_lock(&b);
	pthread_mutex_unlock(&b);
	pthread_rwlock_unlock(&r);
	pthread_mutex_unlock(&a);
}

static void *loops(void *arg)
{
	while (!over)
		nested();
	return arg;
}

static void on_signal(int sig UNUSED)
{
	sem_post(&handled);
}

static void signals(void)
{
	pthread_t t;
	int n = 0;

	signal(SIGUSR1, on_signal);
	pthread_create(&t, NULL, loops, NULL);
	for (; n < 50; n++) {
		pthread_kill(t, SIGUSR1);
		while (sem_wait(&handled))
			;
	}
	over = 1;
	pthread_join(t, NULL);
	say("%d signals\n", n);
}

static void *holds(void *arg)
{
	pthread_mutex_lock(&a);
	sem_post(&held);
	pthread_mutex_lock(&b);
	pthread_mutex_unlock(&b);
	pthread_mutex_unlock(&a);
	return arg;
}

static void limits(void)
{
	int in_time = 0;

	for (int i = 0; i < 10; i++) {
		struct timespec end = in_ms(CLOCK_REALTIME, 400);
		pthread_t t;
		pthread_create(&t, NULL, holds, NULL);
		sem_wait(&held);
		if (!pthread_mutex_timedlock(&a, &end)) {
			in_time++;
			pthread_mutex_unlock(&a);
		}
		pthread_join(t, NULL);
	}
	say("%d timed locks in time\n", in_time);
}

static void forks(void)
{
	pthread_t t;
	int status = 0;

	over = 0;
	pthread_create(&t, NULL, loops, NULL);
	for (int i = 0; i < 5; i++) {
		pid_t child = fork();
		if (!child) {
			pthread_mutex_t own = PTHREAD_MUTEX_INITIALIZER;
			pthread_mutex_lock(&own);
			_exit(pthread_mutex_unlock(&own));
		}
		waitpid(child, &status, 0);
		say("child %d\n", status);
	}
	over = 1;
	pthread_join(t, NULL);
}

static void *exits(void *arg)
{
	nested();
	pthread_exit(arg);
}

int main(void)
{
	void *result;
	pthread_t t;

	alarm(60);
	sem_init(&held, 0, 0);
	sem_init(&handled, 0, 0);
	signals();
	limits();
	forks();
	pthread_create(&t, NULL, exits, &held);
	pthread_join(t, &result);
	say("exited %d, alarm %s\n", result == &held, alarm(0) > 30 ? "far" : "near");
	over = 0;
	for (int i = 0; i < 3; i++)
		pthread_create(&t, NULL, loops, NULL);
	usleep(20000);
	return 7;
}
