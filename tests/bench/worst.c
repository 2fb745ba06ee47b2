/*
 * worst.c — measures single operations, not their mean, to find rare slow ones.
 *
 *   worst live NUMBER     initializes, acquires and releases locks while another lock is held
 *   worst sorted NUMBER   acquires NUMBER different pairs of locks, in the order of the locks
 *   worst mixed NUMBER    the same pairs, in random order
 *   worst first NUMBER    the first acquisitions of a program: NUMBER of 250 locks, each at a place
 *                         of its own in the code, alone and under the lock before it
 *
 * Prints "MEAN WORST ABOVE N...": nanoseconds, how many took more than 100 us, and how many took
 * less than 1, 3, 10, 30 and 100 us and not less than the step before.
 *
 * Time is the CPU time of the thread, so that waiting for a CPU does not count. Each operation
 * contains one reading of that clock, some 200 ns.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { STEPS = 5 };

static const double step[STEPS] = {1e3, 3e3, 1e4, 3e4, 1e5};
static long within[STEPS], above, count;
static double sum, worst;
static pthread_mutex_t outer = PTHREAD_MUTEX_INITIALIZER;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void note(double ns)
{
	int i = 0;

	while (i < STEPS && ns >= step[i])
		i++;
	*(i < STEPS ? &within[i] : &above) += 1;
	worst = ns > worst ? ns : worst;
	sum += ns;
	count++;
}

static void *must(void *memory)
{
	if (!memory)
		exit(1);
	return memory;
}

static void live(long n)
{
	size_t bytes = (size_t)n * sizeof(pthread_mutex_t);
	pthread_mutex_t *m = must(malloc(bytes));

	memset(m, 0xff, bytes); /* touches the pages, so that they do not count */
	pthread_mutex_lock(&outer);
	for (long i = 0; i < n; i++) {
		double start = now();
		pthread_mutex_init(&m[i], NULL);
		pthread_mutex_lock(&m[i]);
		pthread_mutex_unlock(&m[i]);
		note(now() - start);
	}
	pthread_mutex_unlock(&outer);
}

struct pair {
	int first, second;
};

static void mix(struct pair *p, long n)
{
	unsigned long x = 1;

	for (long i = n - 1; i > 0; i--) {
		x = x * 6364136223846793005ul + 1442695040888963407ul;
		long other = (long)((x >> 33) % (unsigned long)(i + 1));
		struct pair kept = p[i];
		p[i] = p[other];
		p[other] = kept;
	}
}

static void pairs(long n, int mixed)
{
	long locks = 2, made = 0;

	while (locks * (locks - 1) / 2 < n)
		locks++;
	pthread_mutex_t *m = must(calloc((size_t)locks, sizeof(*m)));
	struct pair *p = must(malloc((size_t)(locks * locks) * sizeof(*p)));
	for (int i = 0; i < locks; i++)
		for (int k = i + 1; k < locks; k++)
			p[made++] = (struct pair){i, k};
	if (mixed)
		mix(p, made);
	for (long i = 0; i < n; i++) {
		pthread_mutex_lock(&m[p[i].first]);
		double start = now();
		pthread_mutex_lock(&m[p[i].second]);
		note(now() - start);
		pthread_mutex_unlock(&m[p[i].second]);
		pthread_mutex_unlock(&m[p[i].first]);
	}
}

static pthread_mutex_t many[251];

static inline __attribute__((always_inline)) void at_this_place(long at, long n)
{
	if (at >= n)
		return;
	double start = now();
	pthread_mutex_lock(&many[at + 1]);
	note(now() - start);
	start = now();
	pthread_mutex_lock(&many[at]);
	note(now() - start);
	pthread_mutex_unlock(&many[at]);
	pthread_mutex_unlock(&many[at + 1]);
}

#define PLACES_5(at)                                                                               \
	at_this_place(at, n), at_this_place((at) + 1, n), at_this_place((at) + 2, n),              \
		at_this_place((at) + 3, n), at_this_place((at) + 4, n)
#define PLACES_50(at)                                                                              \
	PLACES_5(at), PLACES_5((at) + 5), PLACES_5((at) + 10), PLACES_5((at) + 15),                \
		PLACES_5((at) + 20), PLACES_5((at) + 25), PLACES_5((at) + 30),                     \
		PLACES_5((at) + 35), PLACES_5((at) + 40), PLACES_5((at) + 45)

/* The first lock call of a process maps the tables and is not measured. */
static void first(long n)
{
	pthread_mutex_lock(&outer);
	pthread_mutex_unlock(&outer);
	PLACES_50(0), PLACES_50(50), PLACES_50(100), PLACES_50(150), PLACES_50(200);
}

static void *run(void *words)
{
	char **word = words;
	long n = atol(word[2]);

	if (strcmp(word[1], "live") == 0)
		live(n);
	else if (strcmp(word[1], "first") == 0)
		first(n);
	else
		pairs(n, strcmp(word[1], "mixed") == 0);
	printf("%.0f %.0f %ld", sum / (double)count, worst, above);
	for (int i = 0; i < STEPS; i++)
		printf(" %ld", within[i]);
	printf("\n");
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t t;

	if (argc != 3 || atol(argv[2]) < 1)
		return 2;
	return pthread_create(&t, NULL, run, argv) || pthread_join(t, NULL);
}
