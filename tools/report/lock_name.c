/* lock_name.c — makes the locks and threads of a report and names them. */
#include "tools/report/report_internal.h"
#include "tools/util/path.h"

#include <string.h>

const struct lh_report_thread *
lh_report_get_thread(struct lh_report *report, const struct lh_report_process *p, lh_thread_id id)
{
	void **memo = lh_report_memo(report, p->ledger, LH_MEMO_THREAD, id);
	struct lh_report_thread *thread = *memo;
	struct lh_thread row;

	if (thread || !lh_read_thread(p->ledger, id, &row))
		return thread;
	*memo = thread = lh_arena_alloc(report->arena, sizeof(*thread));
	thread->process = p;
	thread->id = thread->row = id;
	thread->tid = row.tid;
	thread->name = lh_arena_strdup(report->arena, row.name);
	thread->unnamed = !row.name[0] || strcmp(row.name, p->comm) == 0;
	thread->main = row.flags & LH_THREAD_MAIN;
	if (row.flags & LH_THREAD_FOREIGN)
		thread->foreign_tid = (int32_t)row.creator_segment;
	if (row.created)
		thread->created = lh_report_get_stack(report, p, row.created);
	return thread;
}

/* "at bank.c:41", "in make_account", "at bank+0x11aa". */
const char *lh_report_where(struct lh_report *report, const struct lh_report_stack *t)
{
	const struct lh_report_frame *f = lh_report_best_frame(t);

	if (!f)
		return NULL;
	if (f->file && f->line)
		return lh_arena_printf(report->arena, "at %s:%u", lh_path_base(f->file), f->line);
	if (f->function)
		return lh_arena_printf(report->arena, "in %s", f->function);
	if (f->module)
		return lh_arena_printf(report->arena, "at %s+%#llx", lh_path_base(f->module),
				       (unsigned long long)f->offset);
	return NULL;
}

/* The thread whose end is this lock. */
static const struct lh_report_thread *
thread_of_end_lock(struct lh_report *report, const struct lh_report_process *p, lh_lock_id id)
{
	struct lh_thread row;
	uint32_t n = lh_read_used(p->ledger, LH_T_THREAD);

	for (uint32_t i = 1; i < n; i++)
		if (lh_read_thread(p->ledger, i, &row) && row.end_lock == id)
			return lh_report_get_thread(report, p, i);
	return NULL;
}

static const char *end_lock_name(struct lh_report *report, const struct lh_report_lock *lock)
{
	const struct lh_report_thread *thread =
		thread_of_end_lock(report, lock->process, lock->lock);

	return thread ? lh_arena_printf(report->arena, "the end of %s",
					lh_report_thread_text(report, thread))
		      : "the end of a thread";
}

/* Appends the row in the ledger: the same number in every output format of a run. */
static const char *numbered(struct lh_report *report, const char *name,
			    const struct lh_report_lock *lock)
{
	return lh_arena_printf(report->arena, "%s #%u", name, LH_LOCK_ROW(lock->lock));
}

static const char *described(struct lh_report *report, const struct lh_report_lock *lock)
{
	const char *at = lh_report_where(report, lock->init_stack);

	if (at)
		return lh_arena_printf(report->arena, "%s initialized %s", lock->kind_text, at);
	at = lh_report_data_place(report, lock->process, lh_lock_address(&lock->row));
	if (at)
		return lh_arena_printf(report->arena, "%s at %s", lock->kind, at);
	at = lh_report_where(report, lock->first_stack);
	if (at)
		return lh_arena_printf(report->arena, "%s first acquired %s", lock->kind, at);
	return numbered(report, lock->kind, lock);
}

/* The address and the row vary between runs; the stack that initialized the lock does not. */
static const char *class_of(struct lh_report *report, const struct lh_report_lock *lock,
			    const char *symbol, bool *by_first)
{
	const char *data;
	char *site;

	if (symbol)
		return lh_fingerprint_name(report, symbol);
	site = lh_fingerprint_site(report, lock->init_stack);
	if (site[0])
		return lh_arena_printf(report->arena, "%s<%s", lock->kind, site);
	if (lock->row.flags & LH_LOCK_NAMED)
		return lock->name;
	data = lh_report_data_place(report, lock->process, lh_lock_address(&lock->row));
	if (data)
		return lh_arena_printf(report->arena, "%s@%s", lock->kind, data);
	site = lh_fingerprint_site(report, lock->first_stack);
	*by_first = lock->row.kind != LH_THREAD_END;
	return site[0] ? lh_arena_printf(report->arena, "%s>%s", lock->kind, site) : lock->kind;
}

static void set_name(struct lh_report *report, struct lh_report_lock *lock)
{
	struct lh_arena *arena = report->arena;
	uint64_t into = 0;
	const char *symbol = NULL;

	if (lock->row.kind != LH_THREAD_END)
		symbol = lh_report_variable(report, lock->process, lh_lock_address(&lock->row),
					    &into);
	lock->named = true;
	if ((lock->row.flags & LH_LOCK_NAMED) && lock->stats.name[0])
		lock->name = lh_arena_strdup(arena, lock->stats.name);
	else if (symbol && into)
		lock->name = lh_arena_printf(arena, "%s+%#llx", symbol, (unsigned long long)into);
	else if (symbol)
		lock->name = symbol;
	else if (lock->init_stack && lock->init_stack->lock_name)
		lock->name = lock->init_stack->lock_name;
	else {
		lock->named = false;
		lock->name = lock->row.kind == LH_THREAD_END ? end_lock_name(report, lock)
							     : described(report, lock);
	}
	lock->class = class_of(report, lock, symbol, &lock->by_first);
	lock->variable = symbol != NULL;
}

struct lh_report_lock *lh_report_get_lock(struct lh_report *report,
					  const struct lh_report_process *p, lh_lock_id id)
{
	void **memo = lh_report_memo(report, p->ledger, LH_MEMO_LOCK, id);
	struct lh_report_lock *lock = *memo;
	struct lh_lock row;

	if (lock || !lh_read_lock(p->ledger, id, &row))
		return lock;
	*memo = lock = lh_arena_alloc(report->arena, sizeof(*lock));
	LH_PUSH(report->arena, report->lock, report->locks, lock);
	lock->process = p;
	lock->id = report->locks;
	lock->lock = id;
	lock->row = row;
	lh_read_lock_stats(p->ledger, &row, &lock->stats);
	lock->kind = lock->kind_text = lh_name_kind(row.kind);
	if (row.init_stack)
		lock->init_stack = lh_report_get_stack(report, p, row.init_stack);
	if (lock->init_stack && lock->init_stack->lock_kind)
		lock->kind_text = lock->init_stack->lock_kind;
	if (row.first_stack)
		lock->first_stack = lh_report_get_stack(report, p, row.first_stack);
	set_name(report, lock);
	return lock;
}

/* The locks are const only for renderers. */
static struct lh_report_lock *lock_at(struct lh_report_finding *f, uint32_t i)
{
	return (struct lh_report_lock *)f->lock[i];
}

static bool has_duplicate(const struct lh_report_finding *f, uint32_t i)
{
	for (uint32_t k = 0; k < f->locks; k++)
		if (k != i && strcmp(f->lock[k]->name, f->lock[i]->name) == 0)
			return true;
	return false;
}

void lh_report_number_duplicates(struct lh_report *report, struct lh_report_finding *f)
{
	bool duplicate[256];
	uint32_t n = f->locks < 256 ? f->locks : 256;

	for (uint32_t i = 0; i < n; i++)
		duplicate[i] = has_duplicate(f, i);
	for (uint32_t i = 0; i < n; i++)
		if (duplicate[i])
			lock_at(f, i)->name = numbered(report, f->lock[i]->name, f->lock[i]);
	for (uint32_t i = 0; i < n; i++) /* locks of two processes may have equal rows too */
		if (has_duplicate(f, i))
			lock_at(f, i)->name =
				lh_arena_printf(report->arena, "%s of %d", f->lock[i]->name,
						f->lock[i]->process->pid);
}

const char *lh_report_thread_text(const struct lh_report *report,
				  const struct lh_report_thread *thread)
{
	if (!thread)
		return "a thread";
	if (thread->foreign_tid && thread->unnamed && thread->tid == thread->foreign_tid)
		return lh_arena_printf(report->arena, "process %d", thread->foreign_tid);
	if (thread->foreign_tid && thread->unnamed)
		return lh_arena_printf(report->arena, "thread %d of process %d", thread->tid,
				       thread->foreign_tid);
	if (thread->foreign_tid)
		return lh_arena_printf(report->arena, "'%s' of process %d", thread->name,
				       thread->foreign_tid);
	if (!thread->unnamed)
		return lh_arena_printf(report->arena, "T%u '%s'", thread->id, thread->name);
	return lh_arena_printf(report->arena, thread->main ? "T%u 'main'" : "T%u", thread->id);
}

const char *lh_report_lock_text(const struct lh_report *report, const struct lh_report_lock *lock)
{
	if (!lock)
		return "a lock";
	if (lock->named)
		return lh_arena_printf(report->arena, "'%s'", lock->name);
	return lock->row.kind == LH_THREAD_END
		       ? lock->name
		       : lh_arena_printf(report->arena, "the %s", lock->name);
}
