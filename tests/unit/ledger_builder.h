/*
 * ledger_builder.h — fills a ledger by hand, as the library would, for tests.
 *
 * Knows only the layout of the tables, so a test can also build invalid ledgers. New rows are
 * zeroed. Ledgers are never freed, because tests are short.
 */
#ifndef LEDGER_BUILDER_H
#define LEDGER_BUILDER_H

#include "libcheck/ledger.h"
#include "libcheck/base/histogram.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef BUILD_ROWS
#define BUILD_ROWS 64 /* capacity of each table; ten times as much for frames */
#endif

static struct lh_ledger *build_ledgers[256]; /* so that a leak checker does not report them */
static unsigned build_n_ledgers;

static const uint32_t build_row_size[LH_TABLES] = {
	[LH_T_LIVE_THREAD] = sizeof(struct lh_live_thread),
	[LH_T_THREAD] = sizeof(struct lh_thread),
	[LH_T_LOCK] = sizeof(struct lh_lock),
	[LH_T_STACK] = sizeof(struct lh_stack),
	[LH_T_FRAME] = sizeof(uint64_t),
	[LH_T_MODULE] = sizeof(struct lh_module),
	[LH_T_CHAIN] = sizeof(struct lh_chain),
	[LH_T_VISIT] = sizeof(struct lh_chain_visit),
	[LH_T_HB_EDGE] = sizeof(struct lh_hb_edge),
	[LH_T_FINDING] = sizeof(struct lh_finding),
	[LH_T_STEP] = sizeof(struct lh_step),
	[LH_T_NOTE] = sizeof(struct lh_note),
	[LH_T_WAIT_PAIR] = sizeof(struct lh_wait_pair),
	[LH_T_SPAN] = sizeof(struct lh_span),
	[LH_T_LOCK_LOCATION] = sizeof(struct lh_lock_location),
	[LH_T_BUSY_WAIT] = sizeof(struct lh_busy_wait),
	[LH_T_CONTENTION] = sizeof(struct lh_contention),
	[LH_T_LOCK_STATS] = sizeof(struct lh_lock_stats),
	[LH_T_STEERED] = sizeof(struct lh_steered),
	[LH_T_HELD] = sizeof(struct lh_held),
};

/* Gives each table room for `rows` rows, and that of frames for `frames`; the total size. */
static inline void build_tables(struct lh_ledger *head, uint32_t rows, uint32_t frames)
{
	uint64_t at = (sizeof(*head) + 7) & ~7ull;

	for (int t = 1; t < LH_TABLES; t++) {
		uint32_t n = t == LH_T_FRAME ? frames : rows;

		head->table[t] = (struct lh_table){
			.offset = at, .row = build_row_size[t], .rows = n, .used = 1, .ready = n};
		at += ((uint64_t)n * build_row_size[t] + 7) & ~7ull;
	}
	head->total = at;
}

static inline struct lh_ledger *build_ledger(int pid, const char *exe)
{
	struct lh_ledger head = {.magic = LH_LEDGER_MAGIC,
				 .version = LH_LEDGER_VERSION,
				 .header = sizeof(head),
				 .state = LH_LEDGER_READY,
				 .pid = pid};

	build_tables(&head, BUILD_ROWS, 10 * BUILD_ROWS);
	snprintf(head.exe, sizeof(head.exe), "%s", exe);
	snprintf(head.comm, sizeof(head.comm), "%s",
		 strrchr(exe, '/') ? strrchr(exe, '/') + 1 : exe);
	snprintf(head.command, sizeof(head.command), "%s --test", exe);
	struct lh_ledger *l = calloc(1, head.total);
	if (!l)
		abort();
	build_ledgers[build_n_ledgers++ % 256] = l;
	*l = head;
	return l;
}

static inline void *build_at(struct lh_ledger *l, enum lh_table_name t, uint32_t i)
{
	return (char *)l + l->table[t].offset + (size_t)i * l->table[t].row;
}

/* A new row; *id: its number. `id` may be NULL. */
static inline void *build_row(struct lh_ledger *l, enum lh_table_name t, uint32_t *id)
{
	uint32_t i = l->table[t].used++;

	if (i >= l->table[t].rows)
		abort();
	if (id)
		*id = i;
	return memset(build_at(l, t, i), 0, l->table[t].row); /* a test may have lowered `used` */
}

static inline lh_thread_id build_thread(struct lh_ledger *l, int tid, const char *name)
{
	uint32_t id;
	struct lh_thread *t = build_row(l, LH_T_THREAD, &id);

	t->tid = tid;
	t->flags = id == 1 ? LH_THREAD_MAIN : 0;
	snprintf(t->name, sizeof(t->name), "%s", name);
	return id;
}

static inline uint32_t build_module(struct lh_ledger *l, const char *path, uint64_t start,
				    uint64_t end)
{
	uint32_t id;
	struct lh_module *m = build_row(l, LH_T_MODULE, &id);

	m->start = m->base = start;
	m->end = end;
	snprintf(m->path, sizeof(m->path), "%s", path);
	return id;
}

/* build_stack(l, n, LH_FRAME(module, pc)...): n frame words, innermost first */
static inline lh_stack_id build_stack(struct lh_ledger *l, int n, ...)
{
	uint32_t id, frame = l->table[LH_T_FRAME].used;
	va_list args;

	va_start(args, n);
	for (int i = 0; i < n; i++)
		*(uint64_t *)build_row(l, LH_T_FRAME, NULL) = va_arg(args, uint64_t);
	va_end(args);
	struct lh_stack *s = build_row(l, LH_T_STACK, &id);
	s->frame = frame;
	s->n = (uint16_t)n;
	return id;
}

static inline struct lh_lock_stats *build_lock_stats(struct lh_ledger *l, struct lh_lock *x)
{
	return x->stats ? build_at(l, LH_T_LOCK_STATS, x->stats)
			: build_row(l, LH_T_LOCK_STATS, &x->stats);
}

/* name NULL: the program gave the lock no name */
static inline lh_lock_id build_lock(struct lh_ledger *l, enum lh_kind kind, uint64_t address,
				    const char *name)
{
	uint32_t row;
	struct lh_lock *x = build_row(l, LH_T_LOCK, &row);

	x->address = address;
	x->kind = (uint8_t)kind;
	x->gen = 1;
	if (name) {
		x->flags |= LH_LOCK_NAMED;
		snprintf(build_lock_stats(l, x)->name, LH_LOCK_NAME_MAX, "%s", name);
	}
	return LH_LOCK_ID(row, 1);
}

static inline struct lh_lock *build_lock_row(struct lh_ledger *l, lh_lock_id id)
{
	return build_at(l, LH_T_LOCK, LH_LOCK_ROW(id));
}

/* A contention row with one wait of each of these lengths. */
static inline struct lh_contention *build_contention(struct lh_ledger *l, lh_lock_id id, int n,
						     const uint64_t *wait_ns)
{
	uint32_t row;
	struct lh_contention *contention = build_row(l, LH_T_CONTENTION, &row);

	contention->lock = id;
	build_lock_stats(l, build_lock_row(l, id))->contention = row;
	for (int i = 0; i < n; i++) {
		contention->wait[0].n++;
		contention->wait[0].ns += wait_ns[i];
		contention->wait[0].bucket[lh_bucket_of(wait_ns[i])]++;
		if (wait_ns[i] > contention->wait[0].max_ns)
			contention->wait[0].max_ns = wait_ns[i];
	}
	build_lock_stats(l, build_lock_row(l, id))->contended = contention->wait[0].n;
	build_lock_stats(l, build_lock_row(l, id))->wait_ns = contention->wait[0].ns;
	build_lock_stats(l, build_lock_row(l, id))->wait_max_ns = contention->wait[0].max_ns;
	return contention;
}

/* A finding without steps. The next calls of build_step add to this finding. */
static inline struct lh_finding *build_finding(struct lh_ledger *l, enum lh_rule rule,
					       enum lh_level level, enum lh_severity severity)
{
	struct lh_finding *f = build_row(l, LH_T_FINDING, NULL);

	f->rule = rule;
	f->level = (uint8_t)level;
	f->severity = (uint8_t)severity;
	f->count = 1;
	f->step = l->table[LH_T_STEP].used;
	return f;
}

static inline void build_step(struct lh_ledger *l, lh_thread_id thread, lh_lock_id lock,
			      lh_site site, enum lh_action action)
{
	struct lh_finding *f = build_at(l, LH_T_FINDING, l->table[LH_T_FINDING].used - 1);
	struct lh_step *s = build_row(l, LH_T_STEP, NULL);

	*s = (struct lh_step){.thread = thread, .lock = lock, .site = site, .action = action};
	f->steps++;
	f->thread = thread;
}

/* The basic cycle: T2 holds a and wants b; T3 holds b and wants a. */
static inline struct lh_finding *build_abba(struct lh_ledger *l, lh_lock_id a, lh_lock_id b,
					    const lh_stack_id stack[4])
{
	struct lh_finding *f = build_finding(l, LH_RULE_LOCK_ORDER, LH_POTENTIAL, LH_ERROR);

	build_step(l, 2, a, LH_SITE(stack[0], LH_BLOCKING, LH_EXCLUSIVE), LH_HOLDS);
	build_step(l, 2, b, LH_SITE(stack[1], LH_BLOCKING, LH_EXCLUSIVE), LH_WANTS);
	build_step(l, 3, b, LH_SITE(stack[2], LH_BLOCKING, LH_EXCLUSIVE), LH_HOLDS);
	build_step(l, 3, a, LH_SITE(stack[3], LH_BLOCKING, LH_EXCLUSIVE), LH_WANTS);
	return f;
}

/* A process with three threads, two named locks and the basic cycle, loaded at `slide`. */
static inline struct lh_ledger *build_bank(int pid, uint64_t slide)
{
	struct lh_ledger *l = build_ledger(pid, "/opt/bank");
	uint32_t m = build_module(l, "/opt/bank", slide, slide + 0x10000);
	lh_stack_id s[4];

	build_thread(l, pid, "bank");
	build_thread(l, pid + 1, "worker-1");
	build_thread(l, pid + 2, "worker-2");
	for (int i = 0; i < 4; i++)
		s[i] = build_stack(l, 2, LH_FRAME(m, slide + 0x1100 + (uint64_t)i * 16),
				   LH_FRAME(m, slide + 0x1800));
	lh_lock_id a = build_lock(l, LH_MUTEX, slide + 0x4000, "accounts");
	lh_lock_id b = build_lock(l, LH_MUTEX, slide + 0x4040, "journal");
	build_lock_row(l, a)->acquired = 5;
	build_lock_row(l, b)->acquired = 3;
	build_abba(l, a, b, s);
	return l;
}

/* A thread acquires `held`, and then `wanted` while it holds `held`; both in this segment. */
static inline void build_dependency(struct lh_ledger *l, lh_thread_id thread, uint32_t segment,
				    lh_lock_id held, lh_lock_id wanted)
{
	lh_lock_id lock[2] = {held, wanted};
	lh_chain_id parent = 0;

	for (int i = 0; i < 2; i++) {
		struct lh_lock *x = build_lock_row(l, lock[i]);
		uint32_t id, visit,
			site = LH_SITE(l->table[LH_T_CHAIN].used, LH_BLOCKING, LH_EXCLUSIVE);
		struct lh_chain *chain = build_row(l, LH_T_CHAIN, &id);
		struct lh_chain_visit *s = build_row(l, LH_T_VISIT, &visit);

		*chain = (struct lh_chain){.parent = parent,
					   .lock = lock[i],
					   .site = site,
					   .depth = (uint16_t)(i + 1),
					   .visit = visit,
					   .next = x->chains};
		*s = (struct lh_chain_visit){.chain = id,
					     .thread = thread,
					     .first = segment,
					     .last = segment,
					     .serial = id};
		x->chains = parent = id;
	}
}

/* A process-shared mutex at this offset of one shared memory object. */
static inline lh_lock_id build_shared(struct lh_ledger *l, uint64_t off, uint32_t flags)
{
	lh_lock_id id = build_lock(l, LH_MUTEX, 0x7000000 + off, NULL);
	struct lh_lock_stats *stats = build_lock_stats(l, build_lock_row(l, id));
	struct lh_lock_location *p = build_row(l, LH_T_LOCK_LOCATION, &stats->location);

	build_lock_row(l, id)->flags |= LH_LOCK_PSHARED | flags;
	*p = (struct lh_lock_location){.lock = id, .dev = 1, .ino = 77, .off = off};
	return id;
}

/*
 * A process with two locks in shared memory, which its main thread acquires in this order. Sets
 * the times since when it is watched and when it last acquired a shared lock.
 */
static inline struct lh_ledger *build_sharer(int pid, bool reversed, uint64_t watched_from_ns,
					     uint64_t shared_ns)
{
	struct lh_ledger *l = build_ledger(pid, "/opt/sharer");
	lh_lock_id a = build_shared(l, 0, 0), b = build_shared(l, 40, 0);

	l->start_ns = 1000000000;
	l->start_wall_ns = 1700000000ull * 1000000000u;
	l->watched_from_ns = watched_from_ns;
	l->shared_ns = shared_ns;
	build_thread(l, pid, "sharer");
	build_dependency(l, 1, 0, reversed ? b : a, reversed ? a : b);
	return l;
}

#endif
