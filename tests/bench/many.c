/*
 * many.c — measures costs that may grow: with many locks, many dependencies, many threads.
 *
 *   many deps NUMBER good|bad     prints "nanoseconds": the first acquisition of a pair of locks
 *   many crowd NUMBER             prints "nanoseconds": lock, unlock of an own mutex in each
 *   many lives NUMBER             prints "nanoseconds bytes": threads created and joined one by one
 *   many locks NUMBER             prints "nanoseconds bytes": locks that are acquired once
 *   many pairs NUMBER             prints "nanoseconds bytes": pairs of locks, one taken inside the
 *                                 other, that come and go at addresses that vary
 *   many pairs3 NUMBER            the same by three threads
 *   many objects NUMBER           the same for objects with two std::mutex
 *
 * Bytes are the growth of the process and its ledger in the second half of the run, in which
 * bounded memory hardly grows. Time is CPU time, as in pairs.c.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { RING = 64, ROUNDS = 20000, PAIR_THREADS = 3 };

static double now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double mine(void)
{
	return now(CLOCK_THREAD_CPUTIME_ID);
}

/* Private pages, and the pages of our ledger, also those that only the front end has touched. */
static double memory(void)
{
	char line[512], link[128];
	unsigned long all, resident = 0, shared = 0, from, to;
	double bytes = 0;
	struct stat st;
	FILE *f = fopen("/proc/self/maps", "r");

	while (f && fgets(line, sizeof(line), f)) {
		if (!strstr(line, "lockhound") || !strstr(line, "rw-s") ||
		    sscanf(line, "%lx-%lx", &from, &to) != 2)
			continue;
		snprintf(link, sizeof(link), "/proc/self/map_files/%lx-%lx", from, to);
		if (stat(link, &st) == 0 && (double)st.st_blocks * 512 > bytes)
			bytes = (double)st.st_blocks * 512;
	}
	if (f)
		fclose(f);
	f = fopen("/proc/self/statm", "r");
	if (f && fscanf(f, "%lu %lu %lu", &all, &resident, &shared) != 3)
		resident = shared = 0;
	if (f)
		fclose(f);
	return bytes + (double)(resident - shared) * (double)sysconf(_SC_PAGESIZE);
}

static pthread_mutex_t *locks(long n)
{
	pthread_mutex_t *m = calloc((size_t)n, sizeof(*m)); /* zeros are an unlocked mutex */

	if (!m)
		exit(1);
	memset(m, 0, (size_t)n * sizeof(*m));
	return m;
}

static void pair(pthread_mutex_t *a, pthread_mutex_t *b)
{
	pthread_mutex_lock(a);
	pthread_mutex_lock(b);
	pthread_mutex_unlock(b);
	pthread_mutex_unlock(a);
}

/* Each pair of locks once, the lower first: from the lowest lock up, or from the highest down. */
static void deps(long n, int bad)
{
	long side = 2, done = 0;

	while (side * (side - 1) / 2 < n)
		side++;
	pthread_mutex_t *m = locks(side);
	double start = mine();
	for (long i = 0; i < side && done < n; i++) {
		long a = bad ? side - 1 - i : i;
		for (long b = a + 1; b < side && done < n; b++, done++)
			pair(&m[a], &m[b]);
	}
	printf("%.1f\n", (mine() - start) / (double)done);
}

/* ---- threads ---- */

static pthread_barrier_t ready;

static void *own(void *result)
{
	pthread_mutex_t *m = locks(8); /* &m[2] has a cache line of its own */
	double start;

	pthread_barrier_wait(&ready);
	start = mine();
	for (int i = 0; i < ROUNDS; i++) {
		pthread_mutex_lock(&m[2]);
		pthread_mutex_unlock(&m[2]);
	}
	*(double *)result = mine() - start;
	free(m);
	return NULL;
}

static void crowd(long n)
{
	pthread_t *t = calloc((size_t)n, sizeof(*t));
	double *ns = calloc((size_t)n, sizeof(*ns)), sum = 0;

	pthread_barrier_init(&ready, NULL, (unsigned)n);
	for (long i = 0; i < n; i++)
		if (pthread_create(&t[i], NULL, own, &ns[i]))
			exit(1);
	for (long i = 0; i < n; i++) {
		pthread_join(t[i], NULL);
		sum += ns[i];
	}
	printf("%.2f\n", sum / (double)n / ROUNDS);
	free(t);
	free(ns);
}

static void *lives_once(void *m)
{
	pthread_mutex_lock(m);
	pthread_mutex_unlock(m);
	return NULL;
}

static void lives(long n)
{
	static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
	double start = now(CLOCK_MONOTONIC), half = 0, ns;

	for (long i = 0; i < n; i++) {
		pthread_t t;
		if (i == n / 2)
			half = memory();
		if (pthread_create(&t, NULL, lives_once, &m))
			exit(1);
		pthread_join(t, NULL);
	}
	ns = (now(CLOCK_MONOTONIC) - start) / (double)n;
	printf("%.0f %.1f\n", ns, (memory() - half) / ((double)n / 2));
}

/* ---- locks with a short life ---- */

static void churn(long n)
{
	pthread_mutex_t *ring[RING] = {NULL};
	double start = mine(), half = 0, ns;

	for (long i = 0; i < n; i++) {
		pthread_mutex_t **m = &ring[i % RING];
		if (i == n / 2)
			half = memory();
		if (*m) {
			pthread_mutex_destroy(*m);
			free(*m);
		}
		*m = malloc(sizeof(**m) + (size_t)(i % 7) * 16); /* at changing addresses */
		if (!*m)
			exit(1);
		pthread_mutex_init(*m, NULL);
		pthread_mutex_lock(*m);
		pthread_mutex_unlock(*m);
	}
	ns = (mine() - start) / (double)n;
	printf("%.1f %.2f\n", ns, (memory() - half) / ((double)n / 2));
}

/* ---- pairs of locks with a short life, one taken inside the other ---- */

struct pairs {
	long n;
	bool by_call; /* initialized and destroyed by calls, at addresses that vary */
	bool measures;
	double half, ns;
};

static void use_pair(pthread_mutex_t *a, pthread_mutex_t *b)
{
	pthread_mutex_lock(a);
	pthread_mutex_lock(b);
	pthread_mutex_unlock(b);
	pthread_mutex_unlock(a);
}

static void pair_by_call(long i)
{
	pthread_mutex_t *a = malloc(sizeof(*a) + (size_t)(i * 37 & 255));
	pthread_mutex_t *b = malloc(sizeof(*b) + (size_t)(i * 91 & 255));

	if (!a || !b)
		exit(1);
	pthread_mutex_init(a, NULL);
	pthread_mutex_init(b, NULL);
	use_pair(a, b);
	pthread_mutex_destroy(a);
	pthread_mutex_destroy(b);
	free(a);
	free(b);
}

/* An object with two std::mutex, which make no init and no destroy call. */
static void pair_in_object(void)
{
	pthread_mutex_t *m = calloc(2, sizeof(*m));

	if (!m)
		exit(1);
	use_pair(&m[0], &m[1]);
	free(m);
}

static void *make_pairs(void *arg)
{
	struct pairs *p = arg;
	double start = mine();

	for (long i = 0; i < p->n; i++) {
		if (p->measures && i == p->n / 2)
			p->half = memory();
		if (p->by_call)
			pair_by_call(i);
		else
			pair_in_object();
	}
	p->ns = mine() - start;
	return NULL;
}

/* Bytes are those that a pair leaves behind, over the second half of the run. */
static void pairs(long n, int threads, bool by_call)
{
	struct pairs p[PAIR_THREADS];
	pthread_t t[PAIR_THREADS];
	double ns = 0;

	for (int i = 0; i < threads; i++) {
		p[i] = (struct pairs){.n = n / threads, .by_call = by_call, .measures = !i};
		if (pthread_create(&t[i], NULL, make_pairs, &p[i]))
			exit(1);
	}
	for (int i = 0; i < threads; i++) {
		pthread_join(t[i], NULL);
		ns += p[i].ns;
	}
	printf("%.1f %.2f\n", ns / (double)n, (memory() - p[0].half) / ((double)n / 2));
}

struct words {
	int n;
	char **word;
	int status;
};

static void *second(void *arg)
{
	struct words *w = arg;
	const char *what = w->n > 2 ? w->word[1] : "";
	long n = w->n > 2 ? atol(w->word[2]) : 0;

	w->status = 0;
	if (n > 0 && strcmp(what, "deps") == 0 && w->n > 3)
		deps(n, strcmp(w->word[3], "bad") == 0);
	else if (n > 0 && strcmp(what, "crowd") == 0)
		crowd(n);
	else if (n > 0 && strcmp(what, "lives") == 0)
		lives(n);
	else if (n > 0 && strcmp(what, "locks") == 0)
		churn(n);
	else if (n > 0 && strcmp(what, "pairs") == 0)
		pairs(n, 1, true);
	else if (n > 0 && strcmp(what, "pairs3") == 0)
		pairs(n, PAIR_THREADS, true);
	else if (n > 0 && strcmp(what, "objects") == 0)
		pairs(n, 1, false);
	else
		w->status = 2;
	return NULL;
}

int main(int argc, char **argv)
{
	struct words w = {argc, argv, 1};
	pthread_t t;

	if (pthread_create(&t, NULL, second, &w) || pthread_join(t, NULL))
		return 1;
	if (w.status == 2)
		fprintf(stderr, "many: unknown operation; see the top of many.c\n");
	return w.status;
}
