/*
 * test_lock_state.c — compares what the bytes of conditions, barriers and semaphores say about
 * their sleepers with threads that really sleep there: signalled, timed out and cancelled in random
 * order. Also which objects are locks.
 * LINKS: libcheck/lock/lock_state.c
 */
#include "libcheck/lock/lock_state.h"
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

struct lh_own_ledger lh_own_ledger;

uint32_t lh_lock_find_at(const void *object, uint64_t address)
{
	(void)object, (void)address;
	return 0;
}

/* ---- threads that sleep ---- */

enum { THREADS = 6, STEPS = 400 };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t barrier;
static sem_t sem;

static struct sleeper {
	pthread_t thread;
	int tid, returned; /* atomic */
	bool runs;
} sleeper[THREADS];

static struct timespec soon(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_nsec += 1000000;
	t.tv_sec += t.tv_nsec / 1000000000;
	t.tv_nsec %= 1000000000;
	return t;
}

static void unlock_mutex(void *none)
{
	(void)none;
	pthread_mutex_unlock(&mutex);
}

static void *wait_cond(void *arg)
{
	struct sleeper *s = arg;

	pthread_mutex_lock(&mutex);
	pthread_cleanup_push(unlock_mutex, NULL);
	__atomic_store_n(&s->tid, (int)syscall(SYS_gettid), __ATOMIC_RELEASE);
	pthread_cond_wait(&cond, &mutex);
	pthread_cleanup_pop(1);
	__atomic_store_n(&s->returned, 1, __ATOMIC_RELEASE);
	return NULL;
}

static void *wait_barrier(void *arg)
{
	__atomic_store_n(&((struct sleeper *)arg)->tid, (int)syscall(SYS_gettid), __ATOMIC_RELEASE);
	pthread_barrier_wait(&barrier);
	return NULL;
}

static void *wait_sem(void *arg)
{
	__atomic_store_n(&((struct sleeper *)arg)->tid, (int)syscall(SYS_gettid), __ATOMIC_RELEASE);
	while (sem_wait(&sem))
		;
	return NULL;
}

static bool is_asleep(int tid)
{
	char path[64], text[256] = "";

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
	close(fd);
	const char *end = n > 0 ? strrchr(text, ')') : NULL;
	return end && end[2] == 'S';
}

static void start(struct sleeper *s, void *(*routine)(void *))
{
	*s = (struct sleeper){.runs = true};
	if (pthread_create(&s->thread, NULL, routine, s))
		abort();
	while (!__atomic_load_n(&s->tid, __ATOMIC_ACQUIRE) || !is_asleep(s->tid))
		sched_yield();
}

/* ---- conditions ---- */

static int joined(void)
{
	int n = 0;

	for (int i = 0; i < THREADS; i++)
		if (sleeper[i].runs && __atomic_load_n(&sleeper[i].returned, __ATOMIC_ACQUIRE)) {
			pthread_join(sleeper[i].thread, NULL);
			sleeper[i].runs = false;
			n++;
		}
	return n;
}

static int signal_some(int waiting, bool all)
{
	int woken = 0, due = all || !waiting ? waiting : 1;

	all ? pthread_cond_broadcast(&cond) : pthread_cond_signal(&cond);
	while (woken < due) {
		woken += joined();
		sched_yield();
	}
	return woken;
}

static void time_out(void)
{
	struct timespec t = soon();

	pthread_mutex_lock(&mutex);
	CHECK_EQ(pthread_cond_timedwait(&cond, &mutex, &t), ETIMEDOUT);
	pthread_mutex_unlock(&mutex);
}

static void conditions(void)
{
	unsigned seed = 1;
	int waiting = 0;

	for (int step = 0; step < STEPS; step++) {
		struct sleeper *s = &sleeper[rand_r(&seed) % THREADS];
		int what = rand_r(&seed) % 10;
		if (what < 5 && !s->runs) {
			start(s, wait_cond);
			waiting++;
		} else if (what == 5 || what == 6) {
			waiting -= signal_some(waiting, what == 6);
		} else if (what == 7) {
			time_out();
		} else if (what >= 8 && s->runs) {
			pthread_cancel(s->thread);
			pthread_join(s->thread, NULL);
			s->runs = false;
			waiting--;
		}
		CHECK_EQ(lh_lock_sleepers(&cond, LH_COND), waiting);
	}
	signal_some(waiting, true);
	CHECK_EQ(lh_lock_sleepers(&cond, LH_COND), 0);
	CHECK(lh_lock_is_valid(&cond, LH_COND));
	pthread_cond_destroy(&cond);
	CHECK(!lh_lock_is_valid(&cond, LH_COND));
}

/* ---- barriers and semaphores ---- */

static void join_all(int n)
{
	for (int i = 0; i < n; i++)
		pthread_join(sleeper[i].thread, NULL);
}

static void barriers(void)
{
	CHECK(!lh_lock_is_valid(&barrier, LH_BARRIER));
	pthread_barrier_init(&barrier, NULL, 3);
	for (int round = 0; round < 5; round++) {
		for (int i = 0; i < 2; i++) {
			CHECK_EQ(lh_lock_sleepers(&barrier, LH_BARRIER), i);
			start(&sleeper[i], wait_barrier);
		}
		CHECK_EQ(lh_lock_sleepers(&barrier, LH_BARRIER), 2);
		CHECK(lh_lock_is_valid(&barrier, LH_BARRIER));
		pthread_barrier_wait(&barrier);
		CHECK_EQ(lh_lock_sleepers(&barrier, LH_BARRIER), 0);
		join_all(2);
	}
	pthread_barrier_destroy(&barrier);
	CHECK(!lh_lock_is_valid(&barrier, LH_BARRIER));
}

static void semaphores(void)
{
	struct timespec t = soon();

	sem_init(&sem, 0, 0);
	for (int i = 0; i < THREADS; i++) {
		CHECK_EQ(lh_lock_sleepers(&sem, LH_SEM), i);
		start(&sleeper[i], wait_sem);
	}
	CHECK_EQ(lh_lock_sleepers(&sem, LH_SEM), THREADS);
	CHECK_EQ(sem_timedwait(&sem, &t), -1);
	CHECK_EQ(lh_lock_sleepers(&sem, LH_SEM), THREADS);
	for (int i = 0; i < THREADS; i++)
		sem_post(&sem);
	join_all(THREADS);
	CHECK_EQ(lh_lock_sleepers(&sem, LH_SEM), 0);
	CHECK(lh_lock_is_valid(&sem, LH_SEM));
	memset(&sem, 0x5a, sizeof(sem));
	CHECK(!lh_lock_is_valid(&sem, LH_SEM));
}

static void mutexes_and_rwlocks(void)
{
	pthread_rwlock_t r = PTHREAD_RWLOCK_INITIALIZER;

	CHECK(lh_lock_is_valid(&mutex, LH_MUTEX));
	pthread_mutex_destroy(&mutex);
	CHECK(!lh_lock_is_valid(&mutex, LH_MUTEX));
	CHECK(lh_lock_is_valid(&r, LH_RWLOCK));
	memset(&r, 0x5a, sizeof(r));
	CHECK(!lh_lock_is_valid(&r, LH_RWLOCK));
}

int main(void)
{
	lh_lock_state_init();
	conditions();
	barriers();
	semaphores();
	mutexes_and_rwlocks();
	return unit_done();
}
