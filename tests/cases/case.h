/*
 * case.h — helpers of all cases: short names for the calls, and threads that run one after the
 * other without a happens-before edge between them.
 *
 * in_turn(f, g) starts all its threads first and lets them run in turn by a number, so that only
 * the schedule separates them; in_thread(f) creates and joins a thread, which orders its run.
 */
#ifndef CASE_H
#define CASE_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define UNUSED __attribute__((unused))
#define MUTEX(name) static pthread_mutex_t name = PTHREAD_MUTEX_INITIALIZER
#define RWLOCK(name) static pthread_rwlock_t name = PTHREAD_RWLOCK_INITIALIZER

UNUSED __attribute__((always_inline)) static inline int lock(pthread_mutex_t *m)
{
	return pthread_mutex_lock(m);
}
UNUSED __attribute__((always_inline)) static inline int unlock(pthread_mutex_t *m)
{
	return pthread_mutex_unlock(m);
}

/* A function that acquires two mutexes in this order, and releases them. */
#define IN_ORDER(name, first, second)                                                              \
	static void name(void)                                                                     \
	{                                                                                          \
		lock(&(first));                                                                    \
		lock(&(second));                                                                   \
		unlock(&(second));                                                                 \
		unlock(&(first));                                                                  \
	}

typedef void (*part)(void);

static volatile int case_turn UNUSED, case_started UNUSED;

/* Gives the processor away, and for longer when the wait is long. Count begins with 0. */
UNUSED static void case_pause(int *count)
{
	if (++*count < 1000)
		sched_yield();
	else
		usleep(100);
}

struct case_part {
	part fn;
	int turn, of;
};

UNUSED static void *case_run(void *arg)
{
	struct case_part p = *(struct case_part *)arg;
	/* no thread begins before all exist, so that no creation orders their work */
	__atomic_add_fetch(&case_started, 1, __ATOMIC_SEQ_CST);
	for (int n = 0; __atomic_load_n(&case_started, __ATOMIC_SEQ_CST) < p.of ||
			__atomic_load_n(&case_turn, __ATOMIC_SEQ_CST) != p.turn;)
		case_pause(&n);
	p.fn();
	__atomic_add_fetch(&case_turn, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

UNUSED static void case_in_turn(int n, const part *fns)
{
	pthread_t t[8];
	struct case_part p[8];
	case_turn = 0;
	case_started = 0;
	for (int i = 0; i < n; i++) {
		p[i] = (struct case_part){fns[i], i, n};
		pthread_create(&t[i], NULL, case_run, &p[i]);
	}
	for (int i = 0; i < n; i++)
		pthread_join(t[i], NULL);
}
#define in_turn(...)                                                                               \
	case_in_turn(sizeof((part[]){__VA_ARGS__}) / sizeof(part), (const part[]){__VA_ARGS__})

/* For threads that the case does not create: number `turn` runs fn after number turn - 1 has. */
UNUSED static void in_my_turn(int turn, part fn)
{
	for (int n = 0; __atomic_load_n(&case_turn, __ATOMIC_SEQ_CST) != turn;)
		case_pause(&n);
	fn();
	__atomic_add_fetch(&case_turn, 1, __ATOMIC_SEQ_CST);
}

UNUSED static void *case_alone(void *arg)
{
	((struct case_part *)arg)->fn();
	return NULL;
}

UNUSED static void in_thread(part fn)
{
	pthread_t t;
	struct case_part p = {fn, 0, 1};
	pthread_create(&t, NULL, case_alone, &p);
	pthread_join(t, NULL);
}

/* Two or more threads that run at the same time: each arrives here before any continues. Not a
 * barrier, which would add happens-before edges. */
static volatile int case_arrived UNUSED;
UNUSED static void meet(int n)
{
	__atomic_add_fetch(&case_arrived, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&case_arrived, __ATOMIC_SEQ_CST) < n)
		sched_yield();
}

UNUSED static int my_tid(void)
{
	return (int)syscall(SYS_gettid);
}

/* Returns once thread `tid` sleeps in the kernel. */
UNUSED static void wait_asleep(volatile int *tid)
{
	char path[64], text[512];
	while (!*tid)
		sched_yield();
	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", *tid);
	for (int i = 0; i < 20000; i++, usleep(200)) {
		int fd = open(path, O_RDONLY | O_CLOEXEC);
		ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
		close(fd);
		text[n > 0 ? n : 0] = 0;
		char *at = strrchr(text, ')');
		if (at && at[2] == 'S')
			return;
	}
}

UNUSED static struct timespec in_ms(clockid_t clock, long ms)
{
	struct timespec t;
	clock_gettime(clock, &t);
	t.tv_nsec += ms * 1000000;
	t.tv_sec += t.tv_nsec / 1000000000;
	t.tv_nsec %= 1000000000;
	return t;
}

UNUSED static void mutex_of_type(pthread_mutex_t *m, int type)
{
	pthread_mutexattr_t a;
	pthread_mutexattr_init(&a);
	pthread_mutexattr_settype(&a, type);
	pthread_mutex_init(m, &a);
	pthread_mutexattr_destroy(&a);
}

#endif
