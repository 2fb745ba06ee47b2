/*
 * cancel-cond.c — threads cancelled while they wait: on a condition (the cleanup handler owns the
 * mutex again), a semaphore, a join; while they wait for a mutex (then only after they have
 * acquired it); with asynchronous cancellation of a thread that only computes.
 * STEERED: yes
 */
#include "observe.h"

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
static sem_t s;
static volatile int tid, got_mutex;
static pthread_t forever;

static void cleanup(void *arg)
{
	say("  cleanup %s: mutex ours %d\n", (char *)arg, pthread_mutex_trylock(&m) == EBUSY);
	pthread_mutex_unlock(&m);
}

static void *waits(void *arg)
{
	struct timespec far = in_ms(CLOCK_REALTIME, 60000);
	long how = (long)arg;
	pthread_mutex_lock(&m);
	pthread_cleanup_push(cleanup, (void *)(how ? "timed" : "plain"));
	tid = my_tid();
	step_made();
	for (;;)
		how ? pthread_cond_timedwait(&c, &m, &far) : pthread_cond_wait(&c, &m);
	pthread_cleanup_pop(0);
	return NULL;
}

static void *waits_sem(void *arg)
{
	tid = my_tid();
	step_made();
	sem_wait(&s);
	return arg;
}

static void *waits_join(void *arg)
{
	tid = my_tid();
	step_made();
	pthread_join(forever, NULL);
	return arg;
}

static void *waits_mutex(void *arg)
{
	tid = my_tid();
	step_made();
	pthread_mutex_lock(&m);
	got_mutex = 1;
	pthread_mutex_unlock(&m);
	pthread_testcancel();
	return arg;
}

static void *computes(void *arg)
{
	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
	tid = my_tid();
	step_made();
	for (volatile unsigned long n = 0;; n++)
		;
	return arg;
}

static void *pauses(void *arg)
{
	for (;;)
		pause();
	return arg;
}

static void cancelled(const char *what, void *(*fn)(void *), void *arg, int asleep)
{
	static int step;
	pthread_t t;
	void *got;
	int hold = fn == waits_mutex;
	if (hold)
		pthread_mutex_lock(&m);
	pthread_create(&t, NULL, fn, arg);
	step_wait(++step);
	if (asleep)
		wait_asleep(tid);
	pthread_cancel(t);
	if (hold) {
		wait_asleep(tid);
		pthread_mutex_unlock(&m);
	}
	pthread_join(t, &got);
	say("%s: %s, mutex %d\n", what, got == PTHREAD_CANCELED ? "cancelled" : "went on",
	    pthread_mutex_trylock(&m));
	pthread_mutex_unlock(&m);
}

int main(void)
{
	observe("start");
	sem_init(&s, 0, 0);
	pthread_create(&forever, NULL, pauses, NULL);
	for (int i = 0; i < 5; i++) {
		cancelled("cond", waits, NULL, 1);
		cancelled("timed cond", waits, (void *)1, 1);
		cancelled("sem", waits_sem, NULL, 1);
		cancelled("join", waits_join, NULL, 1);
		cancelled("mutex", waits_mutex, NULL, 1);
		cancelled("compute", computes, NULL, 0);
	}
	show(got_mutex);
	pthread_cancel(forever);
	show(pthread_join(forever, NULL));
	observe("end");
	return 0;
}
