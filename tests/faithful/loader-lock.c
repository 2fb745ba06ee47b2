/*
 * loader-lock.c — one thread holds a mutex and makes every lock call; another one is in dlopen, in
 * a constructor that wants this mutex, while it holds the loader's lock. If a call of ours needs
 * the loader, it hangs here.
 * TIMES: 5
 * PLUGIN:
 * FLAGS: -rdynamic
 */
#include "observe.h"
#include <threads.h>

#ifdef PLUGIN
extern pthread_mutex_t held;
extern void constructor_reached(void);
__attribute__((constructor)) static void construct(void)
{
	constructor_reached();
	pthread_mutex_lock(&held);
	pthread_mutex_unlock(&held);
}
#else
void constructor_reached(void);
pthread_mutex_t held = PTHREAD_MUTEX_INITIALIZER;

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t r = PTHREAD_RWLOCK_INITIALIZER;
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static once_flag flag = ONCE_FLAG_INIT;

void constructor_reached(void)
{
	step_made();
}

static void *opener(void *arg UNUSED)
{
	return dlopen(PLUGIN_PATH, RTLD_NOW);
}

static void body(void)
{
}

static void *nothing(void *arg)
{
	return arg;
}

static int c11_thread(void *arg UNUSED)
{
	return 5;
}

static void mutexes(void)
{
	struct timespec real = in_ms(CLOCK_REALTIME, 5000), mono = in_ms(CLOCK_MONOTONIC, 5000);
	pthread_mutex_t n;
	show(pthread_mutex_init(&n, NULL));
	show(pthread_mutex_lock(&m));
	show(pthread_mutex_unlock(&m));
	show(pthread_mutex_trylock(&m));
	show(pthread_mutex_trylock(&m));
	show(pthread_mutex_unlock(&m));
	show(pthread_mutex_timedlock(&m, &real));
	show(pthread_mutex_unlock(&m));
	show(pthread_mutex_clocklock(&m, CLOCK_MONOTONIC, &mono));
	show(pthread_mutex_unlock(&m));
	show(pthread_mutex_destroy(&n));
	show(pthread_mutex_consistent(&m));
}

static void rwlocks(void)
{
	struct timespec real = in_ms(CLOCK_REALTIME, 5000), mono = in_ms(CLOCK_MONOTONIC, 5000);
	pthread_rwlock_t q;
	show(pthread_rwlock_init(&q, NULL));
	show(pthread_rwlock_rdlock(&r));
	show(pthread_rwlock_tryrdlock(&r));
	show(pthread_rwlock_timedrdlock(&r, &real));
	show(pthread_rwlock_clockrdlock(&r, CLOCK_MONOTONIC, &mono));
	for (int i = 0; i < 4; i++)
		show(pthread_rwlock_unlock(&r));
	show(pthread_rwlock_wrlock(&r));
	show(pthread_rwlock_unlock(&r));
	show(pthread_rwlock_trywrlock(&r));
	show(pthread_rwlock_unlock(&r));
	show(pthread_rwlock_timedwrlock(&r, &real));
	show(pthread_rwlock_unlock(&r));
	show(pthread_rwlock_clockwrlock(&r, CLOCK_MONOTONIC, &mono));
	show(pthread_rwlock_unlock(&r));
	show(pthread_rwlock_destroy(&q));
}

static void others(void)
{
	struct timespec past = {0, 0};
	pthread_cond_t d;
	pthread_spinlock_t s;
	sem_t e;
	pthread_barrier_t b;
	show(pthread_cond_init(&d, NULL));
	pthread_mutex_lock(&m);
	show(pthread_cond_timedwait(&c, &m, &past));
	show(pthread_cond_clockwait(&c, &m, CLOCK_MONOTONIC, &past));
	pthread_mutex_unlock(&m);
	show(pthread_cond_signal(&c));
	show(pthread_cond_broadcast(&c));
	show(pthread_cond_destroy(&d));
	show(pthread_spin_init(&s, 0));
	show(pthread_spin_lock(&s));
	show(pthread_spin_trylock(&s));
	show(pthread_spin_unlock(&s));
	show(pthread_spin_destroy(&s));
	show(sem_init(&e, 0, 3));
	show(sem_wait(&e));
	show(sem_trywait(&e));
	show(sem_timedwait(&e, &past));
	show(sem_clockwait(&e, CLOCK_MONOTONIC, &past));
	show(sem_post(&e));
	show(sem_destroy(&e));
	show(pthread_barrier_init(&b, NULL, 1));
	show(pthread_barrier_wait(&b));
	show(pthread_barrier_destroy(&b));
	show(pthread_once(&once, body));
}

static void threads(void)
{
	pthread_t t;
	thrd_t d;
	mtx_t x;
	cnd_t y;
	int got;
	struct timespec past = {0, 0}, soon = in_ms(CLOCK_REALTIME, 5000);
	show(mtx_init(&x, mtx_timed));
	show(mtx_lock(&x));
	show(mtx_trylock(&x));
	show(mtx_timedlock(&x, &past));
	show(cnd_init(&y));
	show(cnd_timedwait(&y, &x, &past));
	show(cnd_signal(&y));
	show(mtx_unlock(&x));
	cnd_destroy(&y);
	mtx_destroy(&x);
	call_once(&flag, body);
	/* Threads can be created, but not joined: a thread's end may need the loader's lock. */
	show(thrd_create(&d, c11_thread, NULL));
	show(thrd_join(d, &got));
	show(got);
	show(pthread_create(&t, NULL, nothing, NULL));
	show(pthread_timedjoin_np(t, NULL, &soon));
	show(pthread_create(&t, NULL, nothing, NULL));
	show(pthread_detach(t));
}

int main(void)
{
	pthread_t t;
	void *got;
	observe("start");
	pthread_mutex_lock(&held);
	pthread_create(&t, NULL, opener, NULL);
	step_wait(1);
	mutexes();
	rwlocks();
	others();
	threads();
	pthread_mutex_unlock(&held);
	pthread_join(t, &got);
	show(got != NULL);
	return 0;
}
#endif
