/* snapshot_ledger.c — adds rows to a snapshot ledger, and copies rows of another ledger to it. */
#include "tools/process/snapshot_ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <uthash.h>

enum { EXTRA_ROWS = 1024, STEPS_MAX = 255 /* lh_finding.steps is a byte */ };

/* A row of the source, and its copy. */
struct lh_snapshot_copies {
	struct {
		uint32_t table, number;
	} key;
	uint32_t copy_id; /* the copy's id, 0: not copied yet */
	UT_hash_handle hh;
};

static const uint32_t row_size[LH_TABLES] = {
	[LH_T_THREAD] = sizeof(struct lh_thread), [LH_T_LOCK] = sizeof(struct lh_lock),
	[LH_T_STACK] = sizeof(struct lh_stack),   [LH_T_FRAME] = sizeof(uint64_t),
	[LH_T_MODULE] = sizeof(struct lh_module), [LH_T_FINDING] = sizeof(struct lh_finding),
	[LH_T_STEP] = sizeof(struct lh_step),     [LH_T_LOCK_STATS] = sizeof(struct lh_lock_stats),
};

static uint64_t set_table_offsets(struct lh_ledger *head, uint32_t threads, uint32_t modules)
{
	uint64_t at = (sizeof(*head) + 7) & ~7ull;
	uint32_t n = threads + EXTRA_ROWS, rows[LH_TABLES] = {
						   [LH_T_THREAD] = n * 2,
						   [LH_T_LOCK] = n * 3,
						   [LH_T_STACK] = n * 6,
						   [LH_T_FRAME] = n * 6 * LH_FRAMES_MAX / 2,
						   [LH_T_MODULE] = modules + EXTRA_ROWS,
						   [LH_T_FINDING] = n,
						   [LH_T_STEP] = n * 4,
						   [LH_T_LOCK_STATS] = n * 3,
					   };

	for (int t = 1; t < LH_TABLES; t++) {
		if (!rows[t]) /* the table does not exist */
			continue;
		head->table[t] = (struct lh_table){.offset = at,
						   .row = row_size[t],
						   .rows = rows[t],
						   .used = 1,
						   .ready = rows[t]};
		at += ((uint64_t)rows[t] * row_size[t] + 7) & ~7ull;
	}
	return at;
}

bool lh_snapshot_make(struct lh_snapshot *snapshot, struct lh_arena *arena, uint32_t threads,
		      uint32_t modules)
{
	struct lh_ledger head = {.magic = LH_LEDGER_MAGIC,
				 .version = LH_LEDGER_VERSION,
				 .header = sizeof(head),
				 .state = LH_LEDGER_READY};
	void *memory;

	memset(snapshot, 0, sizeof(*snapshot));
	snapshot->arena = arena;
	head.total = snapshot->size = set_table_offsets(&head, threads, modules);
	/* A page that is never written costs no memory. */
	memory = mmap(NULL, snapshot->size, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory == MAP_FAILED)
		return false;
	snapshot->ledger = memory;
	*snapshot->ledger = head;
	return true;
}

void lh_snapshot_free(struct lh_snapshot *snapshot)
{
	HASH_CLEAR(hh, snapshot->copied);
	if (snapshot->ledger)
		munmap(snapshot->ledger, snapshot->size);
	snapshot->ledger = NULL;
}

void *lh_snapshot_row(const struct lh_snapshot *snapshot, enum lh_table_name t, uint32_t number)
{
	return (char *)snapshot->ledger + snapshot->ledger->table[t].offset +
	       (size_t)number * row_size[t];
}

void *lh_snapshot_row_add(struct lh_snapshot *snapshot, enum lh_table_name t, uint32_t *number)
{
	struct lh_table *table = &snapshot->ledger->table[t];

	*number = 0;
	if (table->used >= table->rows) {
		table->refused++;
		return NULL;
	}
	*number = table->used++;
	return lh_snapshot_row(snapshot, t, *number);
}

/* ---- new rows ---- */

lh_thread_id lh_snapshot_put_thread(struct lh_snapshot *snapshot, pid_t tid, const char *name,
				    uint32_t flags)
{
	lh_thread_id id;
	struct lh_thread *t = lh_snapshot_row_add(snapshot, LH_T_THREAD, &id);

	if (!t)
		return 0;
	t->tid = tid;
	t->flags = flags;
	snprintf(t->name, sizeof(t->name), "%s", name);
	return id;
}

/* The entry of a source row; adds it if there is none. */
static struct lh_snapshot_copies *copy_entry(struct lh_snapshot *snapshot, uint32_t table,
					     uint32_t number)
{
	struct lh_snapshot_copies *c, wanted;

	memset(&wanted, 0, sizeof(wanted));
	wanted.key.table = table;
	wanted.key.number = number;
	HASH_FIND(hh, snapshot->copied, &wanted.key, sizeof(wanted.key), c);
	if (c)
		return c;
	c = lh_arena_alloc(snapshot->arena, sizeof(*c));
	c->key = wanted.key;
	HASH_ADD(hh, snapshot->copied, key, sizeof(c->key), c);
	return c;
}

lh_lock_id lh_snapshot_put_lock(struct lh_snapshot *snapshot, enum lh_kind kind, uint64_t address,
				uint32_t flags)
{
	uint32_t used = snapshot->ledger->table[LH_T_LOCK].used, row;
	struct lh_lock *l;

	/* A linear search: few locks are added by address. */
	for (uint32_t i = 1; address && i < used; i++) {
		l = lh_snapshot_row(snapshot, LH_T_LOCK, i);
		if (l->address == address && l->kind == kind)
			return LH_LOCK_ID(i, l->gen);
	}
	l = lh_snapshot_row_add(snapshot, LH_T_LOCK, &row);
	if (!l)
		return 0;
	l->address = address;
	l->kind = (uint8_t)kind;
	l->flags = flags;
	l->gen = 1;
	return LH_LOCK_ID(row, 1);
}

lh_lock_id lh_snapshot_put_thread_end(struct lh_snapshot *snapshot, lh_thread_id id)
{
	struct lh_thread *t = lh_snapshot_row(snapshot, LH_T_THREAD, id);

	if (id && !t->end_lock)
		t->end_lock = lh_snapshot_put_lock(snapshot, LH_THREAD_END, 0, 0);
	return id ? t->end_lock : 0;
}

void lh_snapshot_put_modules(struct lh_snapshot *snapshot, const struct lh_peek *p)
{
	uint32_t row;

	snapshot->modules_at = snapshot->ledger->table[LH_T_MODULE].used;
	for (uint32_t i = 0; i < p->modules; i++) {
		const struct lh_peek_module *from = &p->module[i];
		struct lh_module *m = lh_snapshot_row_add(snapshot, LH_T_MODULE, &row);

		if (!m)
			return;
		m->start = from->start;
		m->end = from->end;
		m->base = from->base;
		m->build_id_n = from->build_id_n;
		memcpy(m->build_id, from->build_id, sizeof(m->build_id));
		snprintf(m->path, sizeof(m->path), "%s", from->file ? from->file : from->path);
	}
}

lh_stack_id lh_snapshot_put_frames(struct lh_snapshot *snapshot, const uint64_t *frame, uint32_t n,
				   bool cut)
{
	uint32_t first = snapshot->ledger->table[LH_T_FRAME].used, ignored;
	lh_stack_id id;
	struct lh_stack *s = n ? lh_snapshot_row_add(snapshot, LH_T_STACK, &id) : NULL;

	if (!s)
		return 0;
	for (uint32_t i = 0; i < n; i++) {
		uint64_t *at = lh_snapshot_row_add(snapshot, LH_T_FRAME, &ignored);

		if (!at)
			break;
		*at = frame[i];
		s->n++;
	}
	s->frame = first;
	s->flags = cut ? LH_STACK_CUT : 0;
	return id;
}

lh_stack_id lh_snapshot_put_stack(struct lh_snapshot *snapshot, const struct lh_peek *p,
				  const struct lh_peek_task *t, uint32_t first)
{
	uint64_t frame[LH_FRAMES_MAX];
	uint32_t n = 0;

	for (uint32_t i = first; i < t->frames && n < LH_FRAMES_MAX; i++) {
		const struct lh_peek_module *m = t->frame[i].module;
		uint32_t module = m ? (uint32_t)(m - p->module) + snapshot->modules_at : 0;
		/* A ledger's frames are return addresses, so the exact pc of the innermost frame is
		 * moved by one. The exact pc of a frame that a signal interrupted needs no change:
		 * the signal frame inside it shows that it is exact. */
		uint64_t pc = t->frame[i].pc + (n == 0 && t->frame[i].exact ? 1 : 0);

		frame[n++] = LH_FRAME(module, pc);
	}
	return lh_snapshot_put_frames(snapshot, frame, n, t->cut);
}

/* ---- rows of another ledger ---- */

static void copy_modules(struct lh_snapshot *snapshot)
{
	uint32_t n = lh_read_used(snapshot->source, LH_T_MODULE), row;

	for (uint32_t i = 1; i < n; i++) {
		struct lh_module *m = lh_snapshot_row_add(snapshot, LH_T_MODULE, &row);

		if (!m || !lh_read_module(snapshot->source, i, m))
			return;
	}
}

static void copy_threads(struct lh_snapshot *snapshot)
{
	uint32_t n = lh_read_used(snapshot->source, LH_T_THREAD), row;

	for (uint32_t i = 1; i < n; i++) {
		struct lh_thread *t = lh_snapshot_row_add(snapshot, LH_T_THREAD, &row), from;

		if (!t || !lh_read_thread(snapshot->source, i, &from))
			return;
		*t = from;
		t->end_lock = 0;
		t->created = lh_snapshot_copy_stack(snapshot, from.created);
	}
}

void lh_snapshot_copy_all(struct lh_snapshot *snapshot, const struct lh_ledger_view *r)
{
	struct lh_ledger *to = snapshot->ledger;
	struct lh_ledger head = r->head;

	snapshot->source = r;
	head.total = to->total;
	head.header = to->header;
	memcpy(head.table, to->table, sizeof(head.table));
	*to = head;
	to->retired_acquired = to->retired_contended = 0;
	copy_modules(snapshot);
	copy_threads(snapshot);
}

lh_stack_id lh_snapshot_copy_stack(struct lh_snapshot *snapshot, lh_stack_id id)
{
	uint64_t frame[LH_FRAMES_MAX];
	struct lh_snapshot_copies *c;
	struct lh_stack s;

	if (!id || !lh_read_stack(snapshot->source, id, &s))
		return 0;
	c = copy_entry(snapshot, LH_T_STACK, id);
	if (!c->copy_id)
		c->copy_id = lh_snapshot_put_frames(snapshot, frame,
						    lh_read_frames(snapshot->source, id, frame),
						    s.flags & LH_STACK_CUT);
	return c->copy_id;
}

static lh_thread_id thread_of_end_lock(const struct lh_snapshot *snapshot, lh_lock_id id)
{
	uint32_t n = lh_read_used(snapshot->source, LH_T_THREAD);
	struct lh_thread t;

	for (uint32_t i = 1; i < n; i++)
		if (lh_read_thread(snapshot->source, i, &t) && t.end_lock == id)
			return i;
	return 0;
}

static uint32_t copy_lock_stats(struct lh_snapshot *snapshot, const struct lh_lock *from)
{
	uint32_t row = 0;
	struct lh_lock_stats *stats =
		from->stats ? lh_snapshot_row_add(snapshot, LH_T_LOCK_STATS, &row) : NULL;

	if (stats)
		lh_read_lock_stats(snapshot->source, from, stats);
	return row;
}

lh_lock_id lh_snapshot_copy_lock(struct lh_snapshot *snapshot, lh_lock_id id)
{
	struct lh_snapshot_copies *c;
	struct lh_lock from, *l;
	uint32_t row;

	if (!id || !lh_read_lock(snapshot->source, id, &from))
		return 0;
	c = copy_entry(snapshot, LH_T_LOCK, id);
	if (c->copy_id)
		return c->copy_id;
	if (from.kind == LH_THREAD_END)
		return c->copy_id = lh_snapshot_put_thread_end(snapshot,
							       thread_of_end_lock(snapshot, id));
	l = lh_snapshot_row_add(snapshot, LH_T_LOCK, &row);
	if (!l)
		return 0;
	*l = from;
	l->gen = 1;
	l->stats = copy_lock_stats(snapshot, &from);
	l->init_stack = lh_snapshot_copy_stack(snapshot, from.init_stack);
	l->first_stack = lh_snapshot_copy_stack(snapshot, from.first_stack);
	return c->copy_id = LH_LOCK_ID(row, 1);
}

/* ---- findings ---- */

struct lh_finding *lh_snapshot_put_finding(struct lh_snapshot *snapshot, enum lh_rule rule)
{
	uint32_t row;
	struct lh_finding *f = lh_snapshot_row_add(snapshot, LH_T_FINDING, &row);

	if (!f)
		return NULL;
	f->rule = rule;
	f->level = LH_HAPPENED;
	f->severity = LH_ERROR;
	f->flags = LH_FINDING_OPEN;
	f->count = 1;
	f->step = snapshot->ledger->table[LH_T_STEP].used;
	return f;
}

struct lh_finding *lh_snapshot_last_finding(const struct lh_snapshot *snapshot)
{
	uint32_t n = snapshot->ledger->table[LH_T_FINDING].used;

	return n > 1 ? lh_snapshot_row(snapshot, LH_T_FINDING, n - 1) : NULL;
}

void lh_snapshot_put_step(struct lh_snapshot *snapshot, lh_thread_id thread, enum lh_action action,
			  lh_lock_id lock, lh_site site)
{
	struct lh_finding *f = lh_snapshot_last_finding(snapshot);
	uint32_t row;
	struct lh_step *s =
		f && f->steps < STEPS_MAX ? lh_snapshot_row_add(snapshot, LH_T_STEP, &row) : NULL;

	if (!s)
		return;
	*s = (struct lh_step){.thread = thread, .lock = lock, .site = site, .action = action};
	f->steps++;
	f->thread = thread;
}
