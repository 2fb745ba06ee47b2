/*
 * churn.c — measures the memory that short-lived locks leave behind.
 *
 *   churn             prints "PATTERN BYTES" lines: bytes that each lock has left behind
 *
 * Each pattern first makes and destroys SETTLE locks, then LOCKS more; the size of the ledger and
 * of the process's memory is measured before and after the latter.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SETTLE = 3000, LOCKS = 60000, RING = 300 };

static pthread_mutex_t outer = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t ring[RING];
static pthread_rwlock_t rwlock;

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

static const struct {
	const char *name;
	pattern *does;
} patterns[] = {
	{"stack", on_stack}, {"inside", inside},  {"around", around},
	{"unsaid", unsaid},  {"rwlock", readers}, {"spin", spins},
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
