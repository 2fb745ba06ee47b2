/*
 * cancel-pending.c — every lock call while a cancellation is pending. Calls that are no
 * cancellation points must not become cancellation points; the others must remain so, even if the
 * lock is free at once.
 */
#include "observe.h"

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t r = PTHREAD_RWLOCK_INITIALIZER;
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
static pthread_once_t once;
static pthread_spinlock_t spin;
static pthread_barrier_t barrier;
static sem_t s;
static int at;
static struct timespec far_real, far_mono;

static void nothing(void)
{
}

static void *idle(void *arg)
{
	return arg;
}

static void *no_points(void *arg)
{
	struct timespec past = {1, 0};
	pthread_t t;
	pthread_cancel(pthread_self());
	at = 1, pthread_mutex_lock(&m);
	at = 2, pthread_mutex_trylock(&m);
	at = 3, pthread_mutex_timedlock(&m, &past);
	at = 4, pthread_cond_signal(&c);
	at = 5, pthread_cond_broadcast(&c);
	at = 6, pthread_mutex_unlock(&m);
	at = 7, pthread_rwlock_rdlock(&r);
	at = 8, pthread_rwlock_timedwrlock(&r, &past);
	at = 9, pthread_rwlock_unlock(&r);
	at = 10, pthread_rwlock_wrlock(&r);
	at = 11, pthread_rwlock_unlock(&r);
	at = 12, pthread_spin_lock(&spin);
	at = 13, pthread_spin_unlock(&spin);
	at = 14, sem_trywait(&s);
	at = 15, sem_post(&s);
	at = 16, pthread_barrier_wait(&barrier);
	at = 17, pthread_once(&once, nothing);
	at = 18, pthread_create(&t, NULL, idle, NULL);
	at = 19, pthread_detach(t);
	at = 20, pthread_mutex_init(&m, NULL);
	at = 21, pthread_mutex_destroy(&m);
	at = 22;
	pthread_testcancel();
	at = 23;
	return arg;
}

static void cleanup(void *arg)
{
	say("  cleanup of %ld at %d, mutex %d\n", (long)arg, at, pthread_mutex_trylock(&m));
	pthread_mutex_unlock(&m);
}

static pthread_t target;

static void *point(void *arg)
{
	int how = (int)(long)arg;
	at = 0;
	pthread_cleanup_push(cleanup, arg);
	if (how >= 5 && how <= 7)
		pthread_mutex_lock(&m);
	pthread_cancel(pthread_self());
	switch (how) {
	case 0:
		at = sem_wait(&s) + 100;
		break;
	case 1:
		at = sem_timedwait(&s, &far_real) + 100;
		break;
	case 2:
		at = sem_clockwait(&s, CLOCK_MONOTONIC, &far_mono) + 100;
		break;
	case 3:
		at = pthread_join(target, NULL) + 100;
		break;
	case 4:
		at = pthread_timedjoin_np(target, NULL, &far_real) + 100;
		break;
	case 5:
		at = pthread_cond_wait(&c, &m) + 100;
		break;
	case 6:
		at = pthread_cond_timedwait(&c, &m, &far_real) + 100;
		break;
	case 7:
		at = pthread_cond_clockwait(&c, &m, CLOCK_MONOTONIC, &far_mono) + 100;
		break;
	case 8:
		at = pthread_tryjoin_np(target, NULL) + 100;
		break;
	}
	pthread_cleanup_pop(0);
	return arg;
}

static void *waits(void *arg)
{
	step_wait(1);
	return arg;
}

static void points(void)
{
	far_real = in_ms(CLOCK_REALTIME, 60000), far_mono = in_ms(CLOCK_MONOTONIC, 60000);
	pthread_create(&target, NULL, waits, NULL);
	for (long how = 0; how < 9; how++) {
		int value;
		sem_init(&s, 0, 1); /* free: a try would get it */
		void *got = in_thread(point, (void *)how);
		sem_getvalue(&s, &value);
		say("point %ld: %s at %d, semaphore %d\n", how,
		    got == PTHREAD_CANCELED ? "cancelled" : "went on", at, value);
	}
	step_made();
	show(pthread_join(target, NULL));
}

int main(void)
{
	observe("start");
	pthread_spin_init(&spin, 0);
	pthread_barrier_init(&barrier, NULL, 1);
	sem_init(&s, 0, 1);
	show(in_thread(no_points, NULL) == PTHREAD_CANCELED);
	show(at);
	pthread_mutex_init(&m, NULL);
	show(pthread_mutex_trylock(&m));
	show(pthread_mutex_unlock(&m));
	show(pthread_rwlock_trywrlock(&r));
	show(pthread_rwlock_unlock(&r));
	points();
	return 0;
}
