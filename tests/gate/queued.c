/*
 * queued.c — two readers that wait for each other behind a queued writer, for the gate. Usage:
 * queued LETTERS: which functions run, one after the other, each in a thread of its own. r and s
 * acquire both locks for reading in either order; a and b write the first lock, c and d the second.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <pthread.h>
#include <sched.h>
#include <string.h>

#define KEEP __attribute__((noinline, noclone))

static pthread_rwlock_t first = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP,
			second = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;
static int turn;

#define READER(name, one, other)                                                                   \
	KEEP static void name(void)                                                                \
	{                                                                                          \
		pthread_rwlock_rdlock(&one);                                                       \
		pthread_rwlock_rdlock(&other);                                                     \
		pthread_rwlock_unlock(&other);                                                     \
		pthread_rwlock_unlock(&one);                                                       \
	}
#define WRITER(name, lock)                                                                         \
	KEEP static void name(void)                                                                \
	{                                                                                          \
		pthread_rwlock_wrlock(&lock);                                                      \
		pthread_rwlock_unlock(&lock);                                                      \
		__asm__ volatile("" : : "i"(__LINE__));                                            \
	}
READER(forwards, first, second)
READER(back, second, first)
WRITER(write_a, first)
WRITER(write_b, first)
WRITER(write_c, second)
WRITER(write_d, second)

struct part {
	void (*does)(void);
	int at;
};

static void *work(void *arg)
{
	const struct part *part = arg;

	while (__atomic_load_n(&turn, __ATOMIC_SEQ_CST) != part->at)
		sched_yield();
	part->does();
	__atomic_add_fetch(&turn, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

int main(int argc, char **argv)
{
	static void (*const each[])(void) = {forwards, back, write_a, write_b, write_c, write_d};
	static const char letters[] = "rsabcd";
	struct part part[8];
	pthread_t thread[8];
	int n = argc > 1 ? (int)strlen(argv[1]) : 0;

	if (n > 8 || (n && strspn(argv[1], letters) != (size_t)n))
		return 2;
	for (int i = 0; i < n; i++) {
		part[i] = (struct part){each[strchr(letters, argv[1][i]) - letters], i};
		pthread_create(&thread[i], NULL, work, &part[i]);
	}
	for (int i = 0; i < n; i++)
		pthread_join(thread[i], NULL);
	return 0;
}
