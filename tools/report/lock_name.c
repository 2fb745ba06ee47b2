/* Part of the room `model`: locks and threads, and what they are called. */
#include "tools/report/report_internal.h"

#include <string.h>

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

const struct lh_report_thread *
lh_report_get_thread(struct lh_report *m, const struct lh_report_process *p, lh_thread_id id)
{
	void **made = lh_report_memo(m, p->ledger, LH_MEMO_PERSON, id);
	struct lh_report_thread *who = *made;
	struct lh_thread row;

	if (who || !lh_read_thread(p->ledger, id, &row))
		return who;
	*made = who = lh_arena_alloc(m->private_data->arena, sizeof(*who));
	who->process = p;
	who->id = who->row = id;
	who->tid = row.tid;
	who->name = lh_arena_strdup(m->private_data->arena, row.name);
	who->unnamed = !row.name[0] || strcmp(row.name, p->comm) == 0;
	who->main = row.flags & LH_THREAD_MAIN;
	if (row.flags & LH_THREAD_FOREIGN)
		who->foreign_tid = (int32_t)row.creator_segment;
	if (row.created)
		who->created = lh_report_get_stack(m, p, row.created);
	return who;
}

/* "bank.c:41", "in make_account", "bank+0x11aa"; NULL: the stack says nothing. */
const char *lh_report_where(struct lh_report *m, const struct lh_report_stack *t)
{
	const struct lh_report_frame *f = lh_report_best_frame(t);

	if (!f)
		return NULL;
	if (f->file && f->line)
		return lh_arena_printf(m->private_data->arena, "at %s:%u", base_name(f->file),
				       f->line);
	if (f->function)
		return lh_arena_printf(m->private_data->arena, "in %s", f->function);
	if (f->module)
		return lh_arena_printf(m->private_data->arena, "at %s+%#llx", base_name(f->module),
				       (unsigned long long)f->offset);
	return NULL;
}

/* The end of a thread is a lock: whose? */
static const struct lh_report_thread *life_of(struct lh_report *m,
					      const struct lh_report_process *p, lh_lock_id id)
{
	struct lh_thread row;
	uint32_t n = lh_read_used(p->ledger, LH_T_THREAD);

	for (uint32_t i = 1; i < n; i++)
		if (lh_read_thread(p->ledger, i, &row) && row.end_lock == id)
			return lh_report_get_thread(m, p, i);
	return NULL;
}

static const char *life_name(struct lh_report *m, const struct lh_report_lock *t)
{
	const struct lh_report_thread *who = life_of(m, t->process, t->lock);

	return who ? lh_arena_printf(m->private_data->arena, "the end of %s",
				     lh_report_thread_text(m, who))
		   : "the end of a thread";
}

/* By its row in the ledger: the same number in every view of a run, whatever else they show. */
static const char *numbered(struct lh_report *m, const char *name, const struct lh_report_lock *t)
{
	return lh_arena_printf(m->private_data->arena, "%s #%u", name, LH_LOCK_ROW(t->lock));
}

static const char *described(struct lh_report *m, const struct lh_report_lock *t)
{
	const char *at = lh_report_where(m, t->init_stack);

	if (at)
		return lh_arena_printf(m->private_data->arena, "%s born %s", t->kind, at);
	at = lh_report_data_place(m, t->process, lh_lock_address(&t->row));
	if (at)
		return lh_arena_printf(m->private_data->arena, "%s at %s", t->kind, at);
	at = lh_report_where(m, t->first_stack);
	if (at)
		return lh_arena_printf(m->private_data->arena, "%s first taken %s", t->kind, at);
	return numbered(m, t->kind, t);
}

/* Address and number change from run to run; where it was born does not. */
static const char *class_of(struct lh_report *m, const struct lh_report_lock *t, const char *symbol,
			    bool *by_first)
{
	const char *data;
	char *site;

	if (symbol)
		return lh_fingerprint_name(m, symbol);
	site = lh_fingerprint_site(m, t->init_stack);
	if (site[0])
		return lh_arena_printf(m->private_data->arena, "%s<%s", t->kind, site);
	if (t->row.flags & LH_LOCK_NAMED)
		return t->name;
	data = lh_report_data_place(m, t->process, lh_lock_address(&t->row));
	if (data)
		return lh_arena_printf(m->private_data->arena, "%s@%s", t->kind, data);
	site = lh_fingerprint_site(m, t->first_stack);
	*by_first = t->row.kind != LH_THREAD_END;
	return site[0] ? lh_arena_printf(m->private_data->arena, "%s>%s", t->kind, site) : t->kind;
}

static void give_name(struct lh_report *m, struct lh_report_lock *t)
{
	struct lh_arena *pool = m->private_data->arena;
	uint64_t into = 0;
	const char *symbol = NULL;

	if (t->row.kind != LH_THREAD_END)
		symbol = lh_report_variable(m, t->process, lh_lock_address(&t->row), &into);
	t->named = true;
	if ((t->row.flags & LH_LOCK_NAMED) && t->stats.name[0])
		t->name = lh_arena_strdup(pool, t->stats.name);
	else if (symbol && into)
		t->name = lh_arena_printf(pool, "%s+%#llx", symbol, (unsigned long long)into);
	else if (symbol)
		t->name = symbol;
	else {
		t->named = false;
		t->name = t->row.kind == LH_THREAD_END ? life_name(m, t) : described(m, t);
	}
	t->class = class_of(m, t, symbol, &t->by_first);
	t->variable = symbol != NULL;
}

struct lh_report_lock *lh_report_get_lock(struct lh_report *m, const struct lh_report_process *p,
					  lh_lock_id id)
{
	void **made = lh_report_memo(m, p->ledger, LH_MEMO_THING, id);
	struct lh_report_lock *t = *made;
	struct lh_lock row;

	if (t || !lh_read_lock(p->ledger, id, &row))
		return t;
	*made = t = lh_arena_alloc(m->private_data->arena, sizeof(*t));
	LH_PUSH(m->private_data->arena, m->lock, m->locks, t);
	t->process = p;
	t->id = m->locks;
	t->lock = id;
	t->row = row;
	lh_read_lock_stats(p->ledger, &row, &t->stats);
	t->kind = lh_name_kind(row.kind);
	if (row.init_stack)
		t->init_stack = lh_report_get_stack(m, p, row.init_stack);
	if (row.first_stack)
		t->first_stack = lh_report_get_stack(m, p, row.first_stack);
	give_name(m, t);
	lh_report_add_lock_stats(m, t);
	return t;
}

/* The list is of const things only towards renderers. */
static struct lh_report_lock *lock_at(struct lh_report_finding *f, uint32_t i)
{
	return (struct lh_report_lock *)f->lock[i];
}

static bool has_twin(const struct lh_report_finding *f, uint32_t i)
{
	for (uint32_t k = 0; k < f->locks; k++)
		if (k != i && strcmp(f->lock[k]->name, f->lock[i]->name) == 0)
			return true;
	return false;
}

void lh_report_number_duplicates(struct lh_report *m, struct lh_report_finding *f)
{
	bool twin[256];
	uint32_t n = f->locks < 256 ? f->locks : 256;

	for (uint32_t i = 0; i < n; i++)
		twin[i] = has_twin(f, i);
	for (uint32_t i = 0; i < n; i++)
		if (twin[i])
			lock_at(f, i)->name = numbered(m, f->lock[i]->name, f->lock[i]);
	for (uint32_t i = 0; i < n; i++) /* of two processes: the rows may be equal, too */
		if (has_twin(f, i))
			lock_at(f, i)->name =
				lh_arena_printf(m->private_data->arena, "%s of %d",
						f->lock[i]->name, f->lock[i]->process->pid);
}

const char *lh_report_thread_text(const struct lh_report *m, const struct lh_report_thread *who)
{
	if (!who)
		return "another thread";
	if (who->foreign_tid && who->unnamed && who->tid == who->foreign_tid)
		return lh_arena_printf(m->private_data->arena, "process %d", who->foreign_tid);
	if (who->foreign_tid && who->unnamed)
		return lh_arena_printf(m->private_data->arena, "thread %d of process %d", who->tid,
				       who->foreign_tid);
	if (who->foreign_tid)
		return lh_arena_printf(m->private_data->arena, "'%s' of process %d", who->name,
				       who->foreign_tid);
	if (!who->unnamed)
		return lh_arena_printf(m->private_data->arena, "T%u '%s'", who->id, who->name);
	return lh_arena_printf(m->private_data->arena, who->main ? "T%u 'main'" : "T%u", who->id);
}

const char *lh_report_lock_text(const struct lh_report *m, const struct lh_report_lock *t)
{
	if (!t)
		return "a lock";
	if (t->named)
		return lh_arena_printf(m->private_data->arena, "'%s'", t->name);
	return t->row.kind == LH_THREAD_END
		       ? t->name
		       : lh_arena_printf(m->private_data->arena, "the %s", t->name);
}
