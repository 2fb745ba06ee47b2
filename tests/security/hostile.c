/*
 * hostile.c — a program that attacks the front end that watches it: hostile MODE [N] [SEED].
 *
 *   predict    the lock-order mistake that all modes begin with, and nothing else
 *   scribble   N milliseconds: writes ledgers of processes that do not exist into the run file,
 *              and random bytes over them and over the run header. N 0: for a second, and no
 *              ledger is full
 *   forge      a ledger that says: process N runs this program and is deadlocked
 *   hide       removes the findings from its own ledger
 *   slots      takes N slots of the run file and fills each
 *   claim      takes all slots and fills none
 *   full       says that every row of every table is in use
 *   names      threads, locks and a command line with names that a terminal obeys
 *   forks      N processes, each with a lock-order mistake of its own
 *
 * It finds the run file as the library does, in the option `run`, and maps it as the library does.
 */
#include "libcheck/ledger.h"
#include "libcheck/lockhound.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SLOTS = 24 };

static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER, b = PTHREAD_MUTEX_INITIALIZER;
static int run_file = -1;
static struct lh_run_header *run;
static uint64_t state = 1;

static uint64_t any(uint64_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return below ? state % below : 0;
}

static void *a_then_b(void *none)
{
	pthread_mutex_lock(&a);
	pthread_mutex_lock(&b);
	pthread_mutex_unlock(&b);
	pthread_mutex_unlock(&a);
	return none;
}

static void *b_then_a(void *none)
{
	pthread_mutex_lock(&b);
	pthread_mutex_lock(&a);
	pthread_mutex_unlock(&a);
	pthread_mutex_unlock(&b);
	return none;
}

/* Both threads exist at the same time, and one runs after the other: a pipe orders them, which no
 * rule takes for an order of theirs. */
static int turn[2];

static void *second(void *function)
{
	char byte;

	return read(turn[0], &byte, 1) == 1 ? ((void *(*)(void *))function)(NULL) : NULL;
}

static void *first(void *function)
{
	((void *(*)(void *))function)(NULL);
	return write(turn[1], "", 1) == 1 ? NULL : turn;
}

static void in_two_threads(void *(*begin)(void *), void *(*go_on)(void *))
{
	pthread_t thread[2];

	if (pipe(turn) || pthread_create(&thread[0], NULL, begin, (void *)a_then_b) ||
	    pthread_create(&thread[1], NULL, go_on, (void *)b_then_a) ||
	    pthread_join(thread[0], NULL) || pthread_join(thread[1], NULL))
		exit(3);
	close(turn[0]);
	close(turn[1]);
}

static void predict(void)
{
	in_two_threads(first, second);
}

static void *map(uint64_t from, uint64_t size)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, run_file,
			(off_t)from);

	return at == MAP_FAILED ? NULL : at;
}

static void open_run(void)
{
	const char *options = getenv("LOCKHOUND_OPTIONS");
	const char *at = options ? strstr(options, "run=/proc/") : NULL;
	char path[64];

	if (!at || sscanf(at, "run=%63[^|]", path) != 1)
		exit(4);
	run_file = open(path, O_RDWR | O_CLOEXEC);
	run = run_file < 0 ? NULL : map(0, LH_RUN_HEADER_BYTES);
	if (!run)
		exit(4);
}

static struct lh_ledger *slot(uint32_t number)
{
	return map(LH_RUN_HEADER_BYTES + number * LH_RUN_SLOT_BYTES, LH_RUN_SLOT_BYTES);
}

/* The ledger of this process. */
static struct lh_ledger *own(void)
{
	for (uint32_t i = 0; i < run->next; i++) {
		struct lh_ledger *l = slot(i);

		if (l && l->pid == getpid())
			return l;
		if (l)
			munmap(l, LH_RUN_SLOT_BYTES);
	}
	exit(5);
}

static void copy(struct lh_ledger *to, const struct lh_ledger *from)
{
	to->state = LH_LEDGER_EMPTY;
	for (int t = 1; t < LH_TABLES; t++) {
		const struct lh_table *table = &from->table[t];

		memcpy((char *)to + table->offset, (const char *)from + table->offset,
		       (size_t)table->used * table->row);
	}
	memcpy((char *)to + 8, (const char *)from + 8, sizeof(*to) - 8);
	memcpy(to, from, 8);
}

/* ---- random bytes ---- */

static unsigned char odd_byte(void)
{
	static const unsigned char odd[] = {0, 1, 2, 0x7f, 0x80, 0xff};

	return any(3) ? odd[any(sizeof(odd))] : (unsigned char)any(256);
}

static void scribble_over(void *at, size_t n, unsigned times)
{
	while (times--)
		((volatile unsigned char *)at)[any(n)] = odd_byte();
}

/* One of them may say that tables are full: each such ledger takes gigabytes. */
static void scribble_ledger(struct lh_ledger *l, const struct lh_ledger *good, bool may_be_full)
{
	int t = 1 + (int)any(LH_TABLES - 1);
	const struct lh_table *table = &good->table[t];

	if (any(4))
		scribble_over((char *)l + table->offset, (size_t)(table->used + 4) * table->row, 8);
	else if (any(3))
		scribble_over(&l->table[t], sizeof(l->table[t]), 1);
	else
		scribble_over((char *)l + 16, sizeof(*l) - 16, 1);
	if (!any(8))
		l->table[t].used =
			may_be_full && any(2) ? table->rows : (uint32_t)any(4 * table->used + 1);
	if (!any(16))
		l->outer_pid = any(2) ? getpid() : (int)any(40000);
}

/* Not the first fields, by which a process of the run would find that there is no run. */
static void scribble_header(uint32_t slots)
{
	char *at = (char *)run;

	scribble_over(at + offsetof(struct lh_run_header, tick), sizeof(*run) - 12, 4);
	run->next = any(50) ? slots : (uint32_t)any(1u << 12);
}

static void scribble(unsigned milliseconds)
{
	const struct lh_ledger *good = own();
	uint32_t first = __atomic_fetch_add(&run->next, SLOTS, __ATOMIC_ACQ_REL);
	struct lh_ledger *l[SLOTS];
	struct timespec now, end;

	for (int i = 0; i < SLOTS; i++)
		copy(l[i] = slot(first + (uint32_t)i), good);
	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += milliseconds / 1000 + 1;
	do {
		for (int i = 0; i < 2000; i++) {
			uint64_t which = any(SLOTS);

			scribble_ledger(l[which], good, milliseconds && which == 0);
		}
		if (any(2))
			copy(l[any(SLOTS)], good);
		scribble_header(first + SLOTS);
		usleep(500); /* so that the front end sees each state for a while */
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while (now.tv_sec < end.tv_sec);
}

/* ---- lies ---- */

static void forge(int pid)
{
	struct lh_ledger *good = own(),
			 *l = slot(__atomic_fetch_add(&run->next, 1, __ATOMIC_ACQ_REL));
	struct lh_finding *f;

	copy(l, good);
	l->pid = l->outer_pid = pid;
	strcpy(l->exe, "/"); /* every path begins with it */
	f = (void *)((char *)l + l->table[LH_T_FINDING].offset);
	f[1].rule = LH_RULE_DEADLOCK;
	f[1].level = LH_LASTING;
	f[1].severity = LH_ERROR;
	f[1].key = 77;
	sleep(5);
}

static void fill_slots(uint32_t n)
{
	const struct lh_ledger *good = own();
	uint32_t first = __atomic_fetch_add(&run->next, n, __ATOMIC_ACQ_REL);

	for (uint32_t i = 0; i < n; i++) {
		struct lh_ledger *l = slot(first + i);

		if (!l)
			exit(6);
		copy(l, good);
		l->pid = l->outer_pid = 100000000 + (int)i; /* no such process */
		munmap(l, LH_RUN_SLOT_BYTES);
	}
}

static void say_full(void)
{
	struct lh_ledger *l = own();

	for (int t = 1; t < LH_TABLES; t++)
		l->table[t].used = l->table[t].rows;
	_exit(0);
}

/* ---- names, processes ---- */

static const char evil[] = "\033]0;x\007\033[2J\r\n::error::x\n\u202e</script>\"'`|\377";

static void *first_named(void *function)
{
	prctl(PR_SET_NAME, "\033[31m\n::warning");
	return first(function);
}

static void name_all(void)
{
	lockhound_name(&a, evil);
	lockhound_name(&b, evil);
	in_two_threads(first_named, second);
}

static void fork_often(int n)
{
	for (int i = 0; i < n; i++) {
		pid_t child = fork();

		if (!child) {
			predict();
			_exit(0);
		}
		if (child > 0)
			waitpid(child, NULL, 0);
	}
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";
	int n = argc > 2 ? atoi(argv[2]) : 0;

	if (!strcmp(mode, "names"))
		return name_all(), 0;
	predict();
	if (!strcmp(mode, "forks"))
		return fork_often(n), 0;
	if (!strcmp(mode, "predict"))
		return 0;
	open_run();
	state = argc > 3 ? strtoull(argv[3], NULL, 10) * 2 + 1 : 1;
	if (!strcmp(mode, "scribble"))
		scribble((unsigned)n);
	else if (!strcmp(mode, "forge"))
		forge(n);
	else if (!strcmp(mode, "slots"))
		fill_slots((uint32_t)n);
	else if (!strcmp(mode, "claim"))
		run->next = run->slots_max;
	else if (!strcmp(mode, "full"))
		say_full();
	else if (!strcmp(mode, "hide"))
		own()->table[LH_T_FINDING].used = 1;
	else
		return 2;
	return 0;
}
