/*
 * A function waits on one condition with one mutex many times, so that nothing about these waits is
 * new any more. Then it waits with another mutex, while a thread still waits with the first.
 * EXPECT: cond-two-mutexes m n
 * EXPECT-STACK: waits, waits
 */
#include "case.h"

enum { MANY = 20000 };

MUTEX(m);
MUTEX(n);
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
static volatile int tid[2], go;

static __attribute__((noinline)) void waits(pthread_mutex_t *with, const struct timespec *until)
{
	lock(with);
	while (!go && pthread_cond_timedwait(&c, with, until) == 0)
		;
	unlock(with);
}

static void waits_often(void)
{
	static const struct timespec past = {.tv_sec = 1};

	for (int i = 0; i < MANY; i++)
		waits(&m, &past);
}

static void *first(void *arg)
{
	const struct timespec late = in_ms(CLOCK_REALTIME, 60000);

	waits_often();
	tid[0] = my_tid();
	waits(&m, &late);
	return arg;
}

static void *second(void *arg)
{
	static const struct timespec past = {.tv_sec = 1};
	const struct timespec late = in_ms(CLOCK_REALTIME, 60000);

	/* volatile: all waits have one stack */
	for (volatile int i = 0; i <= MANY; i++) {
		tid[1] = i == MANY ? my_tid() : 0;
		waits(i == MANY ? &n : &m, i == MANY ? &late : &past);
	}
	return arg;
}

int main(void)
{
	pthread_t t[2];

	pthread_create(&t[0], NULL, first, NULL);
	wait_asleep(&tid[0]);
	pthread_create(&t[1], NULL, second, NULL);
	wait_asleep(&tid[1]);
	lock(&m);
	lock(&n);
	go = 1;
	pthread_cond_broadcast(&c);
	unlock(&n);
	unlock(&m);
	pthread_join(t[0], NULL);
	pthread_join(t[1], NULL);
	return 0;
}
