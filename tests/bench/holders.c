/*
 * holders.c — makes holds of a known duration, for tests/bench/watch.
 *
 *   holders many N SECONDS   N threads hold a lock each and sleep
 *   holders known MS         holds twenty locks for about MS each, one after the other; prints the
 *                            times in ns, with a name for each
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 4000 };
static pthread_mutex_t lock[MOST];
static unsigned seconds;

static long long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ll + t.tv_nsec;
}

static void *hold(void *mine)
{
	pthread_mutex_lock(mine);
	sleep(seconds);
	pthread_mutex_unlock(mine);
	return NULL;
}

static int many(int n)
{
	pthread_t t[MOST];
	pthread_attr_t a;

	pthread_attr_init(&a);
	pthread_attr_setstacksize(&a, 64 << 10);
	for (int i = 0; i < n; i++)
		if (pthread_create(&t[i], &a, hold, &lock[i]))
			return 1;
	for (int i = 0; i < n; i++)
		pthread_join(t[i], NULL);
	return 0;
}

/* Each hold has a function of its own, so that each is a finding of its own. The first holds of a
 * lock are measured exactly, so each lock is acquired at the same site before. */
#define HOLD(n)                                                                                    \
	static __attribute__((noinline)) void hold_##n(unsigned ms)                                \
	{                                                                                          \
		static pthread_mutex_t mine = PTHREAD_MUTEX_INITIALIZER;                           \
                                                                                                   \
		pthread_mutex_lock(&mine);                                                         \
		long long start = now();                                                           \
		if (ms)                                                                            \
			usleep(ms * 1000);                                                         \
		if (ms)                                                                            \
			printf("hold_" #n " %lld\n", now() - start);                               \
		pthread_mutex_unlock(&mine);                                                       \
	}
#define ALL(x)                                                                                     \
	x(0) x(1) x(2) x(3) x(4) x(5) x(6) x(7) x(8) x(9) x(10) x(11) x(12) x(13) x(14) x(15)      \
		x(16) x(17) x(18) x(19)
ALL(HOLD)
#define NAME(n) hold_##n,

static void *known(void *ms)
{
	static void (*const hold_for[])(unsigned) = {ALL(NAME)};

	for (unsigned i = 0; i < sizeof(hold_for) / sizeof(*hold_for); i++) {
		/* volatile: the compiler keeps one call, so that the stacks are equal */
		for (volatile int turn = 0; turn < 4; turn++) {
			usleep(310 + 170 * i); /* begins in all parts of a tick */
			hold_for[i](turn < 3 ? 0 : (unsigned)*(int *)ms);
		}
	}
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t t;
	int n = argc > 2 ? atoi(argv[2]) : 0;

	for (int i = 0; i < MOST; i++)
		pthread_mutex_init(&lock[i], NULL);
	if (argc == 4 && strcmp(argv[1], "many") == 0 && n > 0 && n <= MOST) {
		seconds = (unsigned)atoi(argv[3]);
		return many(n);
	}
	if (argc != 3 || strcmp(argv[1], "known") != 0)
		return 2;
	if (pthread_create(&t, NULL, known, &n))
		return 1;
	pthread_join(t, NULL);
	return 0;
}
