/*
 * timeouts.c — a timed wait ends at its time: not before, not seconds after; on both clocks, for
 * every kind of wait, with the lock held by another thread.
 */
#include "observe.h"

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER, own = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t r = PTHREAD_RWLOCK_INITIALIZER;
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
static sem_t s;

static void *holder(void *arg)
{
	pthread_mutex_lock(&m);
	pthread_rwlock_wrlock(&r);
	step_made();
	step_wait(2);
	pthread_rwlock_unlock(&r);
	pthread_mutex_unlock(&m);
	return arg;
}

#define TIMED(e, want)                                                                             \
	do {                                                                                       \
		struct timespec from = now_mono(), real = in_ms(CLOCK_REALTIME, 30);               \
		struct timespec mono = in_ms(CLOCK_MONOTONIC, 30);                                 \
		(void)real, (void)mono;                                                            \
		errno = 0;                                                                         \
		int rc = (e);                                                                      \
		long ms = since_ms(from);                                                          \
		say("%s: %d errno %d %s\n", #e, rc, errno,                                         \
		    ms<29 ? "early" : ms> 5000 ? "late" : "in time");                              \
	} while (0)

int main(void)
{
	pthread_t t;
	observe("start");
	sem_init(&s, 0, 0);
	pthread_create(&t, NULL, holder, NULL);
	step_wait(1);
	TIMED(pthread_mutex_timedlock(&m, &real), ETIMEDOUT);
	TIMED(pthread_mutex_clocklock(&m, CLOCK_REALTIME, &real), ETIMEDOUT);
	TIMED(pthread_mutex_clocklock(&m, CLOCK_MONOTONIC, &mono), ETIMEDOUT);
	TIMED(pthread_rwlock_timedrdlock(&r, &real), ETIMEDOUT);
	TIMED(pthread_rwlock_timedwrlock(&r, &real), ETIMEDOUT);
	TIMED(pthread_rwlock_clockrdlock(&r, CLOCK_MONOTONIC, &mono), ETIMEDOUT);
	TIMED(pthread_rwlock_clockwrlock(&r, CLOCK_MONOTONIC, &mono), ETIMEDOUT);
	TIMED(sem_timedwait(&s, &real), -1);
	TIMED(sem_clockwait(&s, CLOCK_MONOTONIC, &mono), -1);
	pthread_mutex_lock(&own);
	TIMED(pthread_cond_timedwait(&c, &own, &real), ETIMEDOUT);
	TIMED(pthread_cond_clockwait(&c, &own, CLOCK_MONOTONIC, &mono), ETIMEDOUT);
	pthread_mutex_unlock(&own);
	TIMED(pthread_timedjoin_np(t, NULL, &real), ETIMEDOUT);
	TIMED(pthread_clockjoin_np(t, NULL, CLOCK_MONOTONIC, &mono), ETIMEDOUT);
	step_made();
	show(pthread_join(t, NULL));
	show(pthread_mutex_trylock(&m));
	observe("end");
	return 0;
}
