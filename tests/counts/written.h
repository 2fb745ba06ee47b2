/*
 * written.h — which cache lines of the library each of two threads of another process writes.
 *
 * Compares all writable memory of the library: the ledger, private memory and variables. The head
 * of the run file is not counted: the monitor's clock is there. A line that has its former bytes
 * again when it is compared is not seen.
 */
#ifndef TESTS_COUNTS_WRITTEN_H
#define TESTS_COUNTS_WRITTEN_H

#include "stepping.h"

#include "libcheck/ledger.h"

#include <fcntl.h>
#include <stdint.h>
#include <sys/uio.h>

enum { PAGE = 4096, LINE = 64, PAGES = 1 << 14, RANGES = 32, AT_ONCE = 512 };
#define PRIVATE_AT_LEAST (1ul << 22) /* only the library's reservation is larger */

struct written {
	uint64_t now[2][PAGES]; /* a bit for each line that a thread wrote in this round */
	uint8_t rounds[2][PAGES][PAGE / LINE]; /* in how many rounds it has written the line */
	int n;                                 /* rounds */
};

static struct {
	pid_t pid;
	struct {
		uintptr_t from, to;
	} range[RANGES];
	int ranges, pages;
	uintptr_t ledger, at[PAGES];
	struct lh_ledger header;
	unsigned char *before, *after; /* PAGES pages each, which a fork before does not have */
} memory;

static bool is_range(const char *line, const char *line_before, unsigned long size,
		     unsigned long offset)
{
	const char *name = strchr(line, '/');

	if (name)
		return strstr(name, "lockhound") && size > PAGE && offset;
	return (strstr(line_before, "liblockhound") && size < PRIVATE_AT_LEAST) ||
	       (!strchr(line, '[') && size > 16 * PRIVATE_AT_LEAST);
}

static void read_memory(void *to, uintptr_t at, size_t n)
{
	struct iovec local = {to, n}, remote = {(void *)at, n};

	if (process_vm_readv(memory.pid, &local, 1, &remote, 1, 0) != (ssize_t)n)
		give_up("process_vm_readv");
}

static void find_ranges(void)
{
	char name[64], line[4096], before[4096] = "", can[8];
	unsigned long from, to, offset;

	snprintf(name, sizeof(name), "/proc/%d/maps", memory.pid);
	FILE *f = fopen(name, "r");

	for (; f && fgets(line, sizeof(line), f) && memory.ranges < RANGES; strcpy(before, line))
		if (sscanf(line, "%lx-%lx %7s %lx", &from, &to, can, &offset) == 4 &&
		    can[1] == 'w' && is_range(line, before, to - from, offset)) {
			memory.range[memory.ranges].from = from;
			memory.range[memory.ranges++].to = to;
			if (strstr(line, "rw-s") && !memory.ledger) {
				memory.ledger = from;
				read_memory(&memory.header, from, sizeof(memory.header));
			}
		}
	if (f)
		fclose(f);
}

/* The pages that exist now. */
static void written_find(pid_t pid)
{
	static uint64_t word[1 << 16];
	char name[64];

	memory.pid = pid;
	find_ranges();
	snprintf(name, sizeof(name), "/proc/%d/pagemap", pid);
	int fd = open(name, O_RDONLY);

	for (int r = 0; r < memory.ranges; r++)
		for (uintptr_t a = memory.range[r].from; a < memory.range[r].to;
		     a += sizeof(word) / 8 * PAGE) {
			ssize_t n = pread(fd, word, sizeof(word), (off_t)(a / PAGE * 8));
			for (ssize_t i = 0; i < n / 8; i++)
				if (a + (uintptr_t)i * PAGE < memory.range[r].to && word[i] >> 63 &&
				    memory.pages < PAGES)
					memory.at[memory.pages++] = a + (uintptr_t)i * PAGE;
		}
	close(fd);
	memory.before = malloc((size_t)memory.pages * PAGE + 1);
	memory.after = malloc((size_t)memory.pages * PAGE + 1);
}

static void copy(unsigned char *to)
{
	static struct iovec remote[AT_ONCE];

	for (int p = 0; p < memory.pages; p += AT_ONCE) {
		int n = memory.pages - p < AT_ONCE ? memory.pages - p : AT_ONCE;
		struct iovec local = {to + (size_t)p * PAGE, (size_t)n * PAGE};

		for (int i = 0; i < n; i++)
			remote[i] = (struct iovec){(void *)memory.at[p + i], PAGE};
		if (process_vm_readv(memory.pid, &local, 1, remote, (unsigned long)n, 0) !=
		    (ssize_t)n * PAGE)
			give_up("process_vm_readv");
	}
}

/* How often the internal lock was acquired; 0: the process has no ledger. */
static long internal_lock_taken(void)
{
	uint64_t n = 0;

	if (memory.ledger)
		read_memory(&n, memory.ledger + offsetof(struct lh_ledger, internal_lock_taken),
			    sizeof(n));
	return (long)n;
}

/* A round begins. */
static void written_begin(struct written *w)
{
	if (!w)
		return;
	memset(w->now, 0, sizeof(w->now));
	copy(memory.before);
}

/* What has changed since the last call, thread `who` has written. */
static void written_by(struct written *w, int who)
{
	if (!w)
		return;
	copy(memory.after);
	for (size_t p = 0; p < (size_t)memory.pages; p++)
		for (size_t l = 0, at = p * PAGE; l < PAGE / LINE; l++, at += LINE)
			if (memcmp(memory.before + at, memory.after + at, LINE) != 0)
				w->now[who][p] |= 1ull << l;
	unsigned char *other = memory.before;
	memory.before = memory.after;
	memory.after = other;
}

static void written_end(struct written *w)
{
	if (!w)
		return;
	w->n++;
	for (int who = 0; who < 2; who++)
		for (int p = 0; p < memory.pages; p++)
			for (int l = 0; l < PAGE / LINE; l++)
				w->rounds[who][p][l] += w->now[who][p] >> l & 1;
}

/* In most rounds: a thread that loses its processor while it holds a lock has more to record. */
static bool writes(const struct written *w, int who, int p, int l)
{
	return w->rounds[who][p][l] > w->n / 2;
}

/* Prints what the line is to stderr. */
static void name_line(const char *operation, const char *whose, uintptr_t at)
{
	uint64_t offset = at - memory.ledger;

	fprintf(stderr, "%s: %s write %#lx", operation, whose, (unsigned long)at);
	for (int t = 1; t < LH_TABLES; t++) {
		const struct lh_table *table = &memory.header.table[t];
		if (table->row && offset >= table->offset &&
		    offset < table->offset + (uint64_t)table->row * table->rows)
			fprintf(stderr, " (table %d row %lu + %lu)", t,
				(unsigned long)((offset - table->offset) / table->row),
				(unsigned long)((offset - table->offset) % table->row));
	}
	if (offset < sizeof(memory.header))
		fprintf(stderr, " (header + %lu)", (unsigned long)offset);
	if (at - object.low < 1ul << 21)
		fprintf(stderr, " (object + %#lx)", (unsigned long)at - object.low);
	fputc('\n', stderr);
}

/* Lines that both threads write. */
static int written_by_both(const struct written *w, const char *operation)
{
	int n = 0;

	for (int p = 0; p < memory.pages; p++)
		for (int l = 0; l < PAGE / LINE; l++)
			if (writes(w, 0, p, l) && writes(w, 1, p, l)) {
				name_line(operation, "both threads",
					  memory.at[p] + (size_t)l * LINE);
				n++;
			}
	return n;
}

/* Lines that both pairs of threads write. */
static int written_by_pairs(const struct written *a, const struct written *b, const char *operation)
{
	int n = 0;

	for (int p = 0; p < memory.pages; p++)
		for (int l = 0; l < PAGE / LINE; l++)
			if ((writes(a, 0, p, l) || writes(a, 1, p, l)) &&
			    (writes(b, 0, p, l) || writes(b, 1, p, l))) {
				name_line(operation, "both pairs", memory.at[p] + (size_t)l * LINE);
				n++;
			}
	return n;
}

#endif
