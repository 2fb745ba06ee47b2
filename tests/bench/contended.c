/*
 * contended.c — threads compete for locks: how many operations they make, and what one costs.
 *
 *   contended work                                     prints the WORK that takes 1,000 ns here
 *   contended KIND THREADS LOCKS INSIDE OUTSIDE MS     prints "RATE COST": operations in a second,
 *                                                      and nanoseconds of processor time for one
 *
 * KIND is mutex, rwlock (one acquisition in ten writes), spin, semaphore (one permit) or hop (two
 * threads hand a turn to each other through a condition). Each thread chooses a lock at random,
 * acquires it, works for INSIDE rounds, releases it and works for OUTSIDE rounds. After half of MS
 * milliseconds, in which each thread has met each lock, the operations of MS milliseconds are
 * counted. Work is a loop of dependent arithmetic that is counted in rounds and
 * calibrated once, so that every checker lets the program do the same work.
 */
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { THREADS_MAX = 64, LOCKS_MAX = 64, LINE = 64, WRITES = 10 };

static struct lock {
	pthread_mutex_t mutex;
	pthread_rwlock_t rwlock;
	pthread_spinlock_t spin;
	sem_t sem;
} __attribute__((aligned(4 * LINE))) lock[LOCKS_MAX];
static struct worker {
	pthread_t thread;
	unsigned long seed, operations;
} __attribute__((aligned(2 * LINE))) worker[THREADS_MAX];

static long inside, outside;
static unsigned locks, threads;
static pthread_barrier_t ready;
static bool is_over __attribute__((aligned(2 * LINE)));

/* Each piece of work depends on the one before, so that a processor cannot do two at a time. */
static unsigned long __attribute__((noinline)) work(unsigned long x, long rounds)
{
	for (long i = 0; i < rounds; i++) {
		x = x * 6364136223846793005ul + 1;
		__asm__ volatile("" : "+r"(x));
	}
	return x;
}

static bool goes_on(void)
{
	return !__atomic_load_n(&is_over, __ATOMIC_RELAXED);
}

/* xorshift */
static unsigned choose(struct worker *w)
{
	w->seed ^= w->seed << 13;
	w->seed ^= w->seed >> 7;
	w->seed ^= w->seed << 17;
	return (unsigned)(w->seed >> 32);
}

/* A thread's function that acquires and releases by these statements. */
#define KIND(name, ACQUIRE, RELEASE)                                                               \
	static void *run_##name(void *of)                                                          \
	{                                                                                          \
		struct worker *w = of;                                                             \
		unsigned long n = 0, x = w->seed;                                                  \
                                                                                                   \
		pthread_barrier_wait(&ready);                                                      \
		while (goes_on()) {                                                                \
			struct lock *l = &lock[choose(w) % locks];                                 \
			ACQUIRE;                                                                   \
			x = work(x, inside);                                                       \
			RELEASE;                                                                   \
			x = work(x, outside);                                                      \
			__atomic_store_n(&w->operations, ++n, __ATOMIC_RELAXED);                   \
		}                                                                                  \
		w->seed = x;                                                                       \
		return NULL;                                                                       \
	}

KIND(mutex, pthread_mutex_lock(&l->mutex), pthread_mutex_unlock(&l->mutex))
KIND(rwlock, n % WRITES ? pthread_rwlock_rdlock(&l->rwlock) : pthread_rwlock_wrlock(&l->rwlock),
     pthread_rwlock_unlock(&l->rwlock))
KIND(spin, pthread_spin_lock(&l->spin), pthread_spin_unlock(&l->spin))
KIND(semaphore, sem_wait(&l->sem), sem_post(&l->sem))

static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static unsigned turn;

static void *run_hop(void *of)
{
	struct worker *w = of;
	unsigned me = (unsigned)(w - worker);

	pthread_barrier_wait(&ready);
	pthread_mutex_lock(&lock->mutex);
	while (goes_on()) {
		while (turn != me && goes_on())
			pthread_cond_wait(&cond, &lock->mutex);
		turn = !me;
		__atomic_store_n(&w->operations, w->operations + 1, __ATOMIC_RELAXED);
		pthread_cond_signal(&cond);
	}
	pthread_mutex_unlock(&lock->mutex);
	return NULL;
}

static const struct {
	const char *name;
	void *(*run)(void *);
} kinds[] = {
	{"mutex", run_mutex},         {"rwlock", run_rwlock}, {"spin", run_spin},
	{"semaphore", run_semaphore}, {"hop", run_hop},
};

static double now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* The shortest of many runs: other work of the machine makes a run longer, never shorter. */
static void calibrate(void)
{
	enum { ROUNDS = 20000, RUNS = 200 };
	double least = 0;
	unsigned long x = 1;

	for (int i = 0; i < RUNS; i++) {
		double begin = now(CLOCK_THREAD_CPUTIME_ID);
		x = work(x, ROUNDS);
		double took = now(CLOCK_THREAD_CPUTIME_ID) - begin;
		least = i == 0 || took < least ? took : least;
	}
	printf("%.0f\n", x ? 1000 * ROUNDS / least : 0);
}

static void sleep_ms(long ms)
{
	const struct timespec t = {ms / 1000, ms % 1000 * 1000000};

	nanosleep(&t, NULL);
}

static unsigned long operations(void)
{
	unsigned long sum = 0;

	for (unsigned i = 0; i < threads; i++)
		sum += __atomic_load_n(&worker[i].operations, __ATOMIC_RELAXED);
	return sum;
}

static int measure(void *(*run)(void *), long ms)
{
	pthread_barrier_init(&ready, NULL, threads + 1);
	for (unsigned i = 0; i < locks; i++)
		if (pthread_mutex_init(&lock[i].mutex, NULL) ||
		    pthread_rwlock_init(&lock[i].rwlock, NULL) ||
		    pthread_spin_init(&lock[i].spin, 0) || sem_init(&lock[i].sem, 0, 1))
			return 1;
	for (unsigned i = 0; i < threads; i++) {
		worker[i].seed = 0x9e3779b97f4a7c15u * (i + 1);
		if (pthread_create(&worker[i].thread, NULL, run, &worker[i]))
			return 1;
	}
	pthread_barrier_wait(&ready);
	sleep_ms(ms / 2);
	double began = now(CLOCK_MONOTONIC), used = now(CLOCK_PROCESS_CPUTIME_ID);
	unsigned long before = operations();
	sleep_ms(ms);
	double n = (double)(operations() - before), took = now(CLOCK_MONOTONIC) - began;
	used = now(CLOCK_PROCESS_CPUTIME_ID) - used;
	__atomic_store_n(&is_over, true, __ATOMIC_RELAXED);
	pthread_mutex_lock(&lock->mutex);
	pthread_cond_broadcast(&cond);
	pthread_mutex_unlock(&lock->mutex);
	for (unsigned i = 0; i < threads; i++)
		pthread_join(worker[i].thread, NULL);
	printf("%.1f %.2f\n", n * 1e9 / took, used / n);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "work") == 0) {
		calibrate();
		return 0;
	}
	if (argc != 7)
		return 2;
	threads = (unsigned)atoi(argv[2]);
	locks = (unsigned)atoi(argv[3]);
	inside = atol(argv[4]);
	outside = atol(argv[5]);
	if (threads < 1 || threads > THREADS_MAX || locks < 1 || locks > LOCKS_MAX)
		return 2;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].name, argv[1]) == 0)
			return measure(kinds[i].run, atol(argv[6]));
	return 2;
}
