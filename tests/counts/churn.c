/*
 * churn.c — measures the memory that short-lived locks leave behind.
 *
 *   churn             prints "PATTERN BYTES" lines: bytes that each lock has left behind
 *
 * Each pattern first makes and destroys SETTLE locks, then LOCKS more; the size of the ledger and
 * of the process's memory is measured before and after the latter.
 */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SETTLE = 3000, LOCKS = 60000, RING = 300, QUEUED = 20 };

static pthread_mutex_t outer = PTHREAD_MUTEX_INITIALIZER, inner = PTHREAD_MUTEX_INITIALIZER,
		       innermost = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t ring[RING];
static pthread_mutex_t *queued[QUEUED];
static pthread_rwlock_t rwlock;
static int handed_over; /* to the other thread: 1; -1: there is no more */

typedef void pattern(int i);

static void on_stack(int i)
{
	pthread_mutex_t m;

	(void)i;
	pthread_mutex_init(&m, NULL);
	pthread_mutex_lock(&m);
	pthread_mutex_unlock(&m);
	pthread_mutex_destroy(&m);
}

static void inside(int i)
{
	pthread_mutex_t m;

	(void)i;
	pthread_mutex_init(&m, NULL);
	pthread_mutex_lock(&outer);
	pthread_mutex_lock(&m);
	pthread_mutex_unlock(&m);
	pthread_mutex_unlock(&outer);
	pthread_mutex_destroy(&m);
}

/* Each lock at another address than the previous one, and under an outer lock. */
static void around(int i)
{
	pthread_mutex_t *m = &ring[i % RING];

	pthread_mutex_init(m, NULL);
	pthread_mutex_lock(&outer);
	pthread_mutex_lock(m);
	pthread_mutex_unlock(m);
	pthread_mutex_unlock(&outer);
	pthread_mutex_destroy(m);
}

/* A std::mutex: no call initializes or destroys it. */
static void unsaid(int i)
{
	pthread_mutex_t *m = &ring[i % RING];

	*m = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
	pthread_mutex_lock(&outer);
	pthread_mutex_lock(m);
	pthread_mutex_unlock(m);
	pthread_mutex_unlock(&outer);
}

static void readers(int i)
{
	(void)i;
	pthread_rwlock_init(&rwlock, NULL);
	pthread_mutex_lock(&outer);
	pthread_rwlock_rdlock(&rwlock);
	pthread_rwlock_unlock(&rwlock);
	pthread_mutex_unlock(&outer);
	pthread_rwlock_wrlock(&rwlock);
	pthread_rwlock_unlock(&rwlock);
	pthread_rwlock_destroy(&rwlock);
}

/* Private: nobody needs to know in which memory it lies. */
static void spins(int i)
{
	static pthread_spinlock_t s[RING];

	pthread_spin_init(&s[i % RING], PTHREAD_PROCESS_PRIVATE);
	pthread_mutex_lock(&outer);
	pthread_spin_lock(&s[i % RING]);
	pthread_spin_unlock(&s[i % RING]);
	pthread_mutex_unlock(&outer);
	pthread_spin_destroy(&s[i % RING]);
}

/* Two locks at addresses that vary, one inside the other. */
static void pair(int i)
{
	pthread_mutex_t *a = malloc(sizeof(*a) + (size_t)(i * 37 & 255));
	pthread_mutex_t *b = malloc(sizeof(*b) + (size_t)(i * 91 & 255));

	pthread_mutex_init(a, NULL);
	pthread_mutex_init(b, NULL);
	pthread_mutex_lock(a);
	pthread_mutex_lock(b);
	pthread_mutex_unlock(b);
	pthread_mutex_unlock(a);
	pthread_mutex_destroy(a);
	pthread_mutex_destroy(b);
	free(a);
	free(b);
}

/* An object with two std::mutex. */
static void object(int i)
{
	pthread_mutex_t *m = calloc(2, sizeof(*m));

	(void)i;
	pthread_mutex_lock(&m[0]);
	pthread_mutex_lock(&m[1]);
	pthread_mutex_unlock(&m[1]);
	pthread_mutex_unlock(&m[0]);
	free(m);
}

/* A lock that stays, inside a lock that comes and goes, inside a lock that stays. */
static void between(int i)
{
	pthread_mutex_t *m = &ring[i % RING];

	pthread_mutex_init(m, NULL);
	pthread_mutex_lock(&outer);
	pthread_mutex_lock(m);
	pthread_mutex_lock(&inner);
	pthread_mutex_lock(&innermost);
	pthread_mutex_unlock(&innermost);
	pthread_mutex_unlock(&inner);
	pthread_mutex_unlock(m);
	pthread_mutex_unlock(&outer);
	pthread_mutex_destroy(m);
}

/* Many pairs live at once, and end in the order in which they began. */
static void queue(int i)
{
	pthread_mutex_t *m = queued[i % QUEUED];

	if (m) {
		pthread_mutex_destroy(&m[0]);
		pthread_mutex_destroy(&m[1]);
		free(m);
	}
	m = queued[i % QUEUED] = malloc(2 * sizeof(*m));
	pthread_mutex_init(&m[0], NULL);
	pthread_mutex_init(&m[1], NULL);
	pthread_mutex_lock(&m[0]);
	pthread_mutex_lock(&m[1]);
	pthread_mutex_unlock(&m[1]);
	pthread_mutex_unlock(&m[0]);
}

static void *use(void *object)
{
	pthread_mutex_t *m = object;

	for (int turn; (turn = __atomic_load_n(&handed_over, __ATOMIC_ACQUIRE)) >= 0;) {
		if (turn == 0) {
			sched_yield();
			continue;
		}
		pthread_mutex_lock(&m[0]);
		pthread_mutex_lock(&m[1]);
		pthread_mutex_unlock(&m[1]);
		pthread_mutex_unlock(&m[0]);
		__atomic_store_n(&handed_over, 0, __ATOMIC_RELEASE);
	}
	return NULL;
}

/* A pair that two threads use; fewer, because the threads take turns. */
static void shared(int i)
{
	static pthread_mutex_t m[2];
	static pthread_t other;

	if (i % 16 && i != SETTLE + LOCKS - 1)
		return;
	if (!i)
		pthread_create(&other, NULL, use, m);
	pthread_mutex_init(&m[0], NULL);
	pthread_mutex_init(&m[1], NULL);
	pthread_mutex_lock(&m[0]);
	pthread_mutex_lock(&m[1]);
	pthread_mutex_unlock(&m[1]);
	pthread_mutex_unlock(&m[0]);
	__atomic_store_n(&handed_over, 1, __ATOMIC_RELEASE);
	while (__atomic_load_n(&handed_over, __ATOMIC_ACQUIRE))
		sched_yield();
	pthread_mutex_destroy(&m[0]);
	pthread_mutex_destroy(&m[1]);
	if (i == SETTLE + LOCKS - 1) {
		__atomic_store_n(&handed_over, -1, __ATOMIC_RELEASE);
		pthread_join(other, NULL);
	}
}

static const struct {
	const char *name;
	pattern *does;
} patterns[] = {
	{"stack", on_stack}, {"inside", inside}, {"around", around}, {"unsaid", unsaid},
	{"rwlock", readers}, {"pair", pair},     {"object", object}, {"between", between},
	{"queue", queue},    {"shared", shared}, {"spin", spins},
};

/* Bytes of the ledger that are backed by memory. */
static long ledger_bytes(void)
{
	char line[512], link[128];
	unsigned long from, to;
	struct stat st;
	long bytes = 0;
	FILE *f = fopen("/proc/self/maps", "r");

	while (f && fgets(line, sizeof(line), f)) {
		if (!strstr(line, "lockhound") || !strstr(line, "rw-s") ||
		    sscanf(line, "%lx-%lx", &from, &to) != 2)
			continue;
		snprintf(link, sizeof(link), "/proc/self/map_files/%lx-%lx", from, to);
		if (stat(link, &st) == 0 && st.st_blocks * 512 > bytes)
			bytes = st.st_blocks * 512; /* one file, mapped more than once */
	}
	if (f)
		fclose(f);
	return bytes;
}

static long weight(void)
{
	long all, resident = 0, shared = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	if (f && fscanf(f, "%ld %ld %ld", &all, &resident, &shared) != 3)
		resident = shared = 0;
	if (f)
		fclose(f);
	return (resident - shared) * sysconf(_SC_PAGESIZE) + ledger_bytes();
}

static void *second(void *unused)
{
	for (size_t p = 0; p < sizeof(patterns) / sizeof(patterns[0]); p++) {
		int i = 0;
		for (; i < SETTLE; i++)
			patterns[p].does(i);
		long before = weight();
		for (; i < SETTLE + LOCKS; i++)
			patterns[p].does(i);
		printf("%s %.2f\n", patterns[p].name, (double)(weight() - before) / LOCKS);
	}
	return unused;
}

int main(void)
{
	pthread_t t;

	setvbuf(stdout, NULL, _IOLBF, 4096);
	return pthread_create(&t, NULL, second, NULL) || pthread_join(t, NULL);
}
