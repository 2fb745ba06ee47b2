/*
 * errno-kept.c — pthread calls do not change errno, whatever we do inside; first and later calls,
 * with new locks and threads, so that each slow path of ours runs.
 */
#include "observe.h"

static int changed, calls;
#define KEPT(e)                                                                                    \
	do {                                                                                       \
		errno = 7777 + calls++;                                                            \
		int kept = errno;                                                                  \
		(void)(e);                                                                         \
		if (errno != kept) {                                                               \
			say("%s: errno %d\n", #e, errno);                                          \
			changed++;                                                                 \
		}                                                                                  \
	} while (0)

static void body(void)
{
}

static void *work(void *arg)
{
	struct timespec past = {1, 0};
	for (int i = 0; i < 100; i++) {
		pthread_mutex_t m;
		pthread_rwlock_t r;
		pthread_cond_t c;
		pthread_spinlock_t s;
		pthread_barrier_t b;
		pthread_once_t o = PTHREAD_ONCE_INIT;
		sem_t e;
		KEPT(pthread_mutex_init(&m, NULL));
		KEPT(pthread_mutex_lock(&m));
		KEPT(pthread_mutex_trylock(&m));
		KEPT(pthread_mutex_timedlock(&m, &past));
		KEPT(pthread_mutex_clocklock(&m, CLOCK_MONOTONIC, &past));
		KEPT(pthread_cond_init(&c, NULL));
		KEPT(pthread_cond_timedwait(&c, &m, &past));
		KEPT(pthread_cond_clockwait(&c, &m, CLOCK_MONOTONIC, &past));
		KEPT(pthread_cond_signal(&c));
		KEPT(pthread_cond_broadcast(&c));
		KEPT(pthread_mutex_unlock(&m));
		KEPT(pthread_cond_destroy(&c));
		KEPT(pthread_mutex_destroy(&m));
		KEPT(pthread_rwlock_init(&r, NULL));
		KEPT(pthread_rwlock_rdlock(&r));
		KEPT(pthread_rwlock_trywrlock(&r));
		KEPT(pthread_rwlock_timedwrlock(&r, &past));
		KEPT(pthread_rwlock_unlock(&r));
		KEPT(pthread_rwlock_wrlock(&r));
		KEPT(pthread_rwlock_unlock(&r));
		KEPT(pthread_rwlock_destroy(&r));
		KEPT(pthread_spin_init(&s, 0));
		KEPT(pthread_spin_lock(&s));
		KEPT(pthread_spin_unlock(&s));
		KEPT(pthread_spin_destroy(&s));
		KEPT(pthread_barrier_init(&b, NULL, 1));
		KEPT(pthread_barrier_wait(&b));
		KEPT(pthread_barrier_destroy(&b));
		KEPT(pthread_once(&o, body));
		KEPT(sem_init(&e, 0, 1));
		KEPT(sem_wait(&e));
		KEPT(sem_post(&e));
		KEPT(sem_destroy(&e));
	}
	return arg;
}

static void *idle(void *arg)
{
	return arg;
}

int main(void)
{
	pthread_t t;
	observe("start");
	work(NULL);
	in_thread(work, NULL);
	for (int i = 0; i < 50; i++) {
		KEPT(pthread_create(&t, NULL, idle, NULL));
		if (i & 1)
			KEPT(pthread_join(t, NULL));
		else
			KEPT(pthread_detach(t));
	}
	show(changed);
	show(calls);
	return 0;
}
