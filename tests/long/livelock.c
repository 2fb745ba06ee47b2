/*
 * Two threads hold each other's locks and retry, one by try-locks. As long as that, and no
 * livelock: a thread that retries while the holder works, and two threads that release their lock
 * now and then.
 * FLAGS: --long-hold=0 --blocking=0
 * REPORTS: T2 and T3 hold each other's locks and retry try-locks: none got .*\[livelock\]
 * AFTER: hold each other's locks
 * NOT: T[4-9].*\[livelock\]
 */
#include "long.h"

static pthread_mutex_t journal = PTHREAD_MUTEX_INITIALIZER, busy = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t left = PTHREAD_MUTEX_INITIALIZER, right = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t other = PTHREAD_MUTEX_INITIALIZER;
static int both;

static void try_until_go(pthread_mutex_t *first, pthread_mutex_t *second,
			 int (*try)(pthread_mutex_t *))
{
	pthread_mutex_lock(first);
	__atomic_add_fetch(&both, 1, __ATOMIC_ACQ_REL);
	while (__atomic_load_n(&both, __ATOMIC_ACQUIRE) < 2)
		sched_yield();
	is_ready();
	while (!go && try(second) != 0)
		usleep(100);
	if (!go)
		abort();
	pthread_mutex_unlock(first);
}

static void *forwards(void *none)
{
	try_until_go(&accounts, &journal, pthread_mutex_trylock);
	return none;
}

static int lock_soon(pthread_mutex_t *m)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_sec += t.tv_nsec >= 990000000;
	t.tv_nsec = (t.tv_nsec + 10000000) % 1000000000;
	return pthread_mutex_timedlock(m, &t);
}

static void *backwards(void *none)
{
	try_until_go(&journal, &accounts, lock_soon);
	return none;
}

static void *works(void *none)
{
	pthread_mutex_lock(&busy);
	is_ready();
	while (!go)
		usleep(1000);
	pthread_mutex_unlock(&busy);
	return none;
}

static void *retries(void *none)
{
	pthread_mutex_lock(&other);
	while (pthread_mutex_trylock(&busy) != 0)
		usleep(100);
	pthread_mutex_unlock(&busy);
	pthread_mutex_unlock(&other);
	return none;
}

static void back_off(pthread_mutex_t *first, pthread_mutex_t *second)
{
	while (!go) {
		pthread_mutex_lock(first);
		for (int i = 0; i < 200; i++)
			if (pthread_mutex_trylock(second) == 0)
				pthread_mutex_unlock(second);
		pthread_mutex_unlock(first);
		usleep(100);
	}
}

static void *to_the_right(void *none)
{
	back_off(&left, &right);
	return none;
}

static void *to_the_left(void *none)
{
	back_off(&right, &left);
	return none;
}

int main(void)
{
	pthread_t t[6];

	t[0] = in_thread(forwards);
	t[1] = in_thread(backwards);
	until_ready(2);
	t[2] = in_thread(works);
	until_ready(3);
	t[3] = in_thread(retries);
	t[4] = in_thread(to_the_right);
	t[5] = in_thread(to_the_left);
	until_go();
	for (int i = 0; i < 6; i++)
		pthread_join(t[i], NULL);
	return 0;
}
