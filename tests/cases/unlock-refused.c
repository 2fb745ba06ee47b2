/*
 * Mutexes that check their owner refuse an unlock by a thread that does not hold them, right after
 * the thread released another mutex or this one. The thread holds nothing afterwards: it waits on a
 * condition, acquires the mutexes in both orders and ends.
 * EXPECT: nothing
 */
#include "case.h"

MUTEX(a);
MUTEX(b);
MUTEX(m);
static pthread_mutex_t checked[4];
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
static volatile int go;

enum { CHECKED = sizeof(checked) / sizeof(checked[0]) };

static void init_checked(void)
{
	pthread_mutexattr_t attr;
	mutex_of_type(&checked[0], PTHREAD_MUTEX_ERRORCHECK);
	mutex_of_type(&checked[1], PTHREAD_MUTEX_RECURSIVE);
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(&checked[2], &attr);
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_STALLED);
	pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT);
	pthread_mutex_init(&checked[3], &attr);
	pthread_mutexattr_destroy(&attr);
}

static void refused(pthread_mutex_t *o)
{
	if (unlock(o) != EPERM)
		abort();
}

static void after_another(pthread_mutex_t *o)
{
	lock(&a);
	unlock(&a);
	refused(o);
}

static void after_itself(pthread_mutex_t *o)
{
	lock(o);
	unlock(o);
	refused(o);
}

/* The mutex is not the last one that was acquired. */
static void out_of_order(pthread_mutex_t *o)
{
	lock(o);
	lock(&b);
	unlock(o);
	refused(o);
	unlock(&b);
	refused(o);
}

static void (*const ways[])(pthread_mutex_t *) = {after_another, after_itself, out_of_order};

static void wait_for_signal(void)
{
	lock(&m);
	while (!go)
		pthread_cond_wait(&c, &m);
	go = 0;
	unlock(&m);
}

/* A mutex that counted as held would be an order of it and `a`, or held over the wait or the end.
 */
static void is_refused(void)
{
	for (int way = 0; way < 3; way++)
		for (int i = 0; i < CHECKED; i++) {
			ways[way](&checked[i]);
			wait_for_signal();
			lock(&a);
			unlock(&a);
		}
}

static void signals(void)
{
	for (int i = 0; i < 3 * CHECKED; i++) {
		lock(&a);
		lock(&checked[i % CHECKED]);
		unlock(&checked[i % CHECKED]);
		unlock(&a);
		while (go)
			sched_yield();
		lock(&m);
		go = 1;
		pthread_cond_signal(&c);
		unlock(&m);
	}
}

static void *run(void *fn)
{
	(*(part *)fn)();
	return NULL;
}

int main(void)
{
	const part fn[] = {is_refused, signals};
	pthread_t t[2];
	init_checked();
	for (int i = 0; i < 2; i++)
		pthread_create(&t[i], NULL, run, (void *)&fn[i]);
	for (int i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
	return 0;
}
