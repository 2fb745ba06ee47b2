/* snapshot_ledger.c — adds rows to a snapshot ledger, and copies rows of another ledger to it. */
#include "tools/process/snapshot_ledger.h"
#include "tools/process/peek_python.h"

#include <stdio.h>
#include <string.h>

enum { EXTRA_ROWS = 1024, STEPS_MAX = 255 /* lh_finding.steps is a byte */ };

/* Rows for each thread; LH_T_MODULE: for each module. */
static const struct {
	uint32_t row, rows;
} table[LH_TABLES] = {
	[LH_T_THREAD] = {sizeof(struct lh_thread), 2},
	[LH_T_LOCK] = {sizeof(struct lh_lock), 3},
	[LH_T_LOCK_STATS] = {sizeof(struct lh_lock_stats), 3},
	[LH_T_STACK] = {sizeof(struct lh_stack), 6},
	[LH_T_FRAME] = {sizeof(uint64_t), 6 * LH_FRAMES_MAX / 2},
	[LH_T_MODULE] = {sizeof(struct lh_module), 1},
	[LH_T_FINDING] = {sizeof(struct lh_finding), 1},
	[LH_T_STEP] = {sizeof(struct lh_step), 4},
};

void lh_snapshot_make(struct lh_snapshot *snapshot, struct lh_arena *arena, uint32_t threads,
		      uint32_t modules)
{
	memset(snapshot, 0, sizeof(*snapshot));
	for (int t = 1; t < LH_TABLES; t++) {
		uint32_t n = (t == LH_T_MODULE ? modules : threads) + EXTRA_ROWS;

		if (!table[t].rows)
			continue;
		/* A page that is never written costs no memory. */
		snapshot->rows.table[t].at =
			lh_arena_alloc(arena, (size_t)n * table[t].rows * table[t].row);
		snapshot->rows.table[t].rows = n * table[t].rows;
		snapshot->rows.table[t].used = 1;
	}
	snapshot->copier =
		(struct lh_row_copier){.to = &snapshot->rows, .arena = arena, .same_modules = true};
}

void lh_snapshot_view(const struct lh_snapshot *snapshot, struct lh_ledger_view *view)
{
	*view = (struct lh_ledger_view){.head = snapshot->head};
	memcpy(view->head.magic, LH_LEDGER_MAGIC, sizeof(view->head.magic)); /* to be packed */
	view->head.version = LH_LEDGER_VERSION;
	for (int t = 1; t < LH_TABLES; t++) {
		view->rows[t].at = snapshot->rows.table[t].at;
		view->rows[t].row = table[t].row;
		view->rows[t].used = view->rows[t].limit = snapshot->rows.table[t].used;
		view->head.table[t].refused = snapshot->rows.table[t].refused;
	}
}

void *lh_snapshot_row(struct lh_snapshot *snapshot, enum lh_table_name t, uint32_t number)
{
	return lh_overlay_row(&snapshot->rows, t, number);
}

/* ---- new rows ---- */

lh_thread_id lh_snapshot_put_thread(struct lh_snapshot *snapshot, pid_t tid, const char *name,
				    uint32_t flags)
{
	struct lh_thread t = {.tid = tid, .flags = flags};

	snprintf(t.name, sizeof(t.name), "%s", name);
	return lh_overlay_add(&snapshot->rows, LH_T_THREAD, &t, 1);
}

lh_lock_id lh_snapshot_put_lock(struct lh_snapshot *snapshot, enum lh_kind kind, uint64_t address,
				uint32_t flags)
{
	struct lh_lock fresh = {.address = address, .kind = (uint8_t)kind, .flags = flags};

	/* A linear search: few locks are added by address. */
	for (uint32_t i = 1; address && i < snapshot->rows.table[LH_T_LOCK].used; i++) {
		const struct lh_lock *l = lh_snapshot_row(snapshot, LH_T_LOCK, i);

		if (l->address == address && l->kind == kind)
			return LH_LOCK_ID(i, l->gen);
	}
	return lh_copy_lock_row(&snapshot->copier, fresh);
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
	snapshot->modules_at = snapshot->rows.table[LH_T_MODULE].used;
	for (uint32_t i = 0; i < p->modules; i++) {
		const struct lh_peek_module *m = &p->module[i];
		struct lh_module row = lh_peek_module_row(m, m->file ? m->file : m->path);

		lh_overlay_add(&snapshot->rows, LH_T_MODULE, &row, 1);
	}
	snapshot->scripts_at = snapshot->rows.table[LH_T_MODULE].used;
}

/* ---- stacks ---- */

struct frames {
	uint64_t frame[LH_FRAMES_MAX];
	uint32_t n, scripts; /* scripts: lines of Python among them */
	bool cut;
};

static void add_frame(struct frames *f, uint64_t frame)
{
	if (f->n < LH_FRAMES_MAX)
		f->frame[f->n++] = frame;
	else
		f->cut = true;
}

/* The row of a function of a script. */
static uint32_t script_row(struct lh_snapshot *snapshot, const struct lh_peek_script *s)
{
	struct lh_module row = {.flags = LH_MODULE_SCRIPT};
	int n = snprintf(row.path, sizeof(row.path), "%s", s->file);

	if (n >= 0 && (size_t)n + 1 < sizeof(row.path))
		snprintf(row.path + n + 1, sizeof(row.path) - (size_t)n - 1, "%s", s->function);
	for (uint32_t i = snapshot->rows.table[LH_T_MODULE].used; i-- > snapshot->scripts_at;) {
		const struct lh_module *m = lh_snapshot_row(snapshot, LH_T_MODULE, i);

		if (m->flags == row.flags && memcmp(m->path, row.path, sizeof(m->path)) == 0)
			return i;
	}
	return lh_overlay_add(&snapshot->rows, LH_T_MODULE, &row, 1);
}

/* The frames that one call of the interpreter runs; or all that are left. */
static void add_scripts(struct lh_snapshot *snapshot, const struct lh_peek_task *t, bool all,
			struct frames *f)
{
	while (f->scripts < t->scripts) {
		const struct lh_peek_script *s = &t->script[f->scripts++];

		add_frame(f, LH_FRAME(script_row(snapshot, s), LH_SCRIPT_PC(s->line, s->column)));
		if (s->entry && !all)
			return;
	}
}

static uint64_t native_frame(const struct lh_snapshot *snapshot, const struct lh_peek *p,
			     const struct lh_peek_frame *f, bool innermost)
{
	uint32_t module = f->module ? (uint32_t)(f->module - p->module) + snapshot->modules_at : 0;

	/* A ledger's frames are return addresses, so the exact pc of the innermost frame is moved
	 * by one. The exact pc of a frame that a signal interrupted needs no change: the signal
	 * frame inside it shows that it is exact. */
	return LH_FRAME(module, f->pc + (innermost && f->exact ? 1 : 0));
}

/* As in the library's stacks, Python frames replace the function of the interpreter that runs them,
 * and its other functions are left out. */
lh_stack_id lh_snapshot_put_stack(struct lh_snapshot *snapshot, const struct lh_peek *p,
				  const struct lh_peek_task *t, uint32_t first)
{
	struct frames f = {.cut = t->cut};

	for (uint32_t i = first; i < t->frames; i++) {
		if (!t->scripts || !lh_peek_in_interpreter(p, &t->frame[i]))
			add_frame(&f, native_frame(snapshot, p, &t->frame[i], f.n == 0));
		else if (lh_peek_runs_scripts(p, &t->frame[i]))
			add_scripts(snapshot, t, false, &f);
	}
	add_scripts(snapshot, t, true, &f);
	return lh_put_frames(&snapshot->rows, f.frame, f.n, f.cut ? LH_STACK_CUT : 0);
}

/* ---- rows of another ledger ---- */

static void copy_modules(struct lh_snapshot *snapshot)
{
	uint32_t n = lh_read_used(snapshot->copier.from, LH_T_MODULE);
	struct lh_module m;

	for (uint32_t i = 1; i < n && lh_read_module(snapshot->copier.from, i, &m); i++)
		lh_overlay_add(&snapshot->rows, LH_T_MODULE, &m, 1);
}

static void copy_threads(struct lh_snapshot *snapshot)
{
	uint32_t n = lh_read_used(snapshot->copier.from, LH_T_THREAD);
	struct lh_thread t;

	for (uint32_t i = 1; i < n && lh_read_thread(snapshot->copier.from, i, &t); i++) {
		t.end_lock = 0;
		t.created = lh_copy_stack(&snapshot->copier, t.created);
		lh_overlay_add(&snapshot->rows, LH_T_THREAD, &t, 1);
	}
}

void lh_snapshot_copy_all(struct lh_snapshot *snapshot, const struct lh_ledger_view *r)
{
	snapshot->copier.from = r;
	snapshot->head = r->head;
	memset(snapshot->head.table, 0, sizeof(snapshot->head.table));
	snapshot->head.retired_acquired = snapshot->head.retired_contended = 0;
	copy_modules(snapshot);
	copy_threads(snapshot);
}

static lh_thread_id thread_of_end_lock(const struct lh_ledger_view *r, lh_lock_id id)
{
	uint32_t n = lh_read_used(r, LH_T_THREAD);
	struct lh_thread t;

	for (uint32_t i = 1; i < n; i++)
		if (lh_read_thread(r, i, &t) && t.end_lock == id)
			return i;
	return 0;
}

lh_lock_id lh_snapshot_copy_lock(struct lh_snapshot *snapshot, lh_lock_id id)
{
	const struct lh_ledger_view *from = snapshot->copier.from;
	struct lh_lock_stats stats;
	struct lh_lock l;
	uint32_t *copy;

	if (!id || !lh_read_lock(from, id, &l))
		return 0;
	copy = lh_copy_id(&snapshot->copier, LH_T_LOCK, id);
	if (*copy)
		return *copy;
	if (l.kind == LH_THREAD_END)
		return *copy = lh_snapshot_put_thread_end(snapshot, thread_of_end_lock(from, id));
	if (l.stats) {
		lh_read_lock_stats(from, &l, &stats);
		l.stats = lh_overlay_add(&snapshot->rows, LH_T_LOCK_STATS, &stats, 1);
	}
	return *copy = lh_copy_lock_row(&snapshot->copier, l);
}

/* ---- findings ---- */

struct lh_finding *lh_snapshot_put_finding(struct lh_snapshot *snapshot, enum lh_rule rule)
{
	struct lh_finding f = {.rule = rule,
			       .level = LH_HAPPENED,
			       .severity = LH_ERROR,
			       .flags = LH_FINDING_OPEN,
			       .count = 1,
			       .step = snapshot->rows.table[LH_T_STEP].used};
	uint32_t row = lh_overlay_add(&snapshot->rows, LH_T_FINDING, &f, 1);

	return row ? lh_snapshot_row(snapshot, LH_T_FINDING, row) : NULL;
}

void lh_snapshot_put_step(struct lh_snapshot *snapshot, struct lh_finding *f, lh_thread_id thread,
			  enum lh_action action, lh_lock_id lock, lh_site site)
{
	struct lh_step s = {.thread = thread, .lock = lock, .site = site, .action = action};

	if (!f || f->steps == STEPS_MAX || !lh_overlay_add(&snapshot->rows, LH_T_STEP, &s, 1))
		return;
	f->steps++;
	f->thread = thread;
}
