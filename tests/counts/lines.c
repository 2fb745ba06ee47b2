/*
 * lines.c — counts the library's cache lines that each of two threads writes on the hot path.
 *
 *   lines             prints "FIRST SECOND BOTH": lines that changed while each of two threads
 * worked on its own locks, and lines that changed under both
 *
 * A thread that loses its processor while it holds a lock has a long hold to record. So a line
 * counts if it changed in each of TIMES measurements.
 *
 * Copies all writable memory of the library before and compares it after: the ledger, private
 * memory and variables. The head of the run file is not counted: the monitor's clock is there. The
 * threads take turns by a number, so that only one thread runs at a time.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	PAGE = 4096,
	LINE = 64,
	PAGES = 1 << 14,
	RANGES = 32,
	ROUNDS = 3000,
	WARM = 3000,
	TIMES = 5,
	TURNS = 2 + 2 * TIMES,
	OVER = 2 * TURNS
};
#define PRIVATE_AT_LEAST (1ul << 22) /* only the library's reservation is larger */

static struct own {
	pthread_mutex_t outer, inner;
	pthread_rwlock_t rw;
	pthread_spinlock_t spin;
	sem_t sem;
	char apart[4 * LINE];
} __attribute__((aligned(LINE))) own[2];
static volatile int turn;

static struct range {
	uintptr_t from, to;
} range[RANGES];
static int ranges;
static uintptr_t at[PAGES];
static unsigned char before[PAGES][PAGE];
static unsigned char changed[2][PAGES][PAGE / LINE];
static int pages;

static void work(struct own *o, int rounds)
{
	for (int i = 0; i < rounds; i++) {
		pthread_mutex_lock(&o->outer);
		pthread_mutex_lock(&o->inner);
		pthread_mutex_unlock(&o->inner);
		pthread_mutex_unlock(&o->outer);
		pthread_rwlock_rdlock(&o->rw);
		pthread_rwlock_unlock(&o->rw);
		pthread_rwlock_wrlock(&o->rw);
		pthread_rwlock_unlock(&o->rw);
		pthread_spin_lock(&o->spin);
		pthread_spin_unlock(&o->spin);
		sem_wait(&o->sem);
		sem_post(&o->sem);
		if (!pthread_mutex_trylock(&o->inner))
			pthread_mutex_unlock(&o->inner);
	}
}

/* Turns 0 and 1: the threads warm up; in the others their writes are counted. */
static void *run(void *which)
{
	int me = (int)(intptr_t)which;
	volatile int rounds = WARM; /* one call, so that the stacks are the same */

	for (int t = me; t < TURNS; t += 2) {
		while (__atomic_load_n(&turn, __ATOMIC_ACQUIRE) != 2 * t + 1)
			sched_yield();
		work(&own[me], rounds);
		rounds = ROUNDS;
		__atomic_store_n(&turn, 2 * t + 2, __ATOMIC_RELEASE);
	}
	while (__atomic_load_n(&turn, __ATOMIC_ACQUIRE) != OVER)
		sched_yield(); /* the end of a thread writes more, and is not counted */
	return NULL;
}

static void let(int t)
{
	__atomic_store_n(&turn, 2 * t + 1, __ATOMIC_RELEASE);
	while (__atomic_load_n(&turn, __ATOMIC_ACQUIRE) != 2 * t + 2)
		sched_yield();
}

/* ---- the library's writable memory ---- */

static void find_ranges(void)
{
	char line[512], after[512] = "";
	unsigned long from, to, offset;
	char can[8];
	FILE *f = fopen("/proc/self/maps", "r");

	while (f && fgets(line, sizeof(line), f) && ranges < RANGES) {
		if (sscanf(line, "%lx-%lx %7s %lx", &from, &to, can, &offset) != 4 || can[1] != 'w')
			goto next;
		if ((uintptr_t)before >= from && (uintptr_t)before < to)
			goto next;
		char *name = strchr(line, '/');
		bool bss = !name && strstr(after, "liblockhound") && to - from < PRIVATE_AT_LEAST;
		if (name ? strstr(name, "lockhound") && to - from > PAGE && offset
			 : bss || (!strchr(line, '[') && to - from > 16 * PRIVATE_AT_LEAST))
			range[ranges++] = (struct range){from, to};
	next:
		strcpy(after, line);
	}
	if (f)
		fclose(f);
}

static void find_pages(void)
{
	static uint64_t word[1 << 16];
	int fd = open("/proc/self/pagemap", O_RDONLY);

	for (int r = 0; r < ranges; r++)
		for (uintptr_t a = range[r].from; a < range[r].to; a += sizeof(word) / 8 * PAGE) {
			ssize_t n = pread(fd, word, sizeof(word), (off_t)(a / PAGE * 8));
			for (ssize_t i = 0; i < n / 8; i++)
				if (a + (uintptr_t)i * PAGE < range[r].to && word[i] >> 63 &&
				    pages < PAGES)
					at[pages++] = a + (uintptr_t)i * PAGE;
		}
	close(fd);
}

static void copy(void)
{
	for (int p = 0; p < pages; p++)
		memcpy(before[p], (const void *)at[p], PAGE);
}

static int compare(int who)
{
	int n = 0;

	for (int p = 0; p < pages; p++)
		for (int l = 0; l < PAGE / LINE; l++)
			n += changed[who][p][l] &=
				memcmp(before[p] + l * LINE, (const char *)at[p] + l * LINE,
				       LINE) != 0;
	return n;
}

int main(void)
{
	pthread_t t[2];
	int n[2], both = 0;

	for (int i = 0; i < 2; i++)
		if (pthread_mutex_init(&own[i].outer, NULL) ||
		    pthread_mutex_init(&own[i].inner, NULL) ||
		    pthread_rwlock_init(&own[i].rw, NULL) || pthread_spin_init(&own[i].spin, 0) ||
		    sem_init(&own[i].sem, 0, 1) ||
		    pthread_create(&t[i], NULL, run, (void *)(intptr_t)i))
			return 1;
	let(0);
	let(1);
	find_ranges();
	find_pages();
	memset(changed, 1, sizeof(changed));
	for (int i = 0; i < 2 * TIMES; i++) {
		copy();
		let(2 + i);
		n[i % 2] = compare(i % 2);
	}
	for (int p = 0; p < pages; p++)
		for (int l = 0; l < PAGE / LINE; l++)
			if (changed[0][p][l] && changed[1][p][l]) {
				fprintf(stderr, "lines: %#lx is written by both\n",
					(unsigned long)at[p] + (unsigned long)l * LINE);
				both++;
			}
	printf("%d %d %d\n", n[0], n[1], both);
	__atomic_store_n(&turn, OVER, __ATOMIC_RELEASE);
	return pthread_join(t[0], NULL) || pthread_join(t[1], NULL);
}
