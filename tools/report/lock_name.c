/* lock_name.c — makes the locks and threads of a report and names them. */
#include "tools/report/report_internal.h"
#include "tools/symbols/symbols.h"

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

/* A word that the C++ library keeps for many objects tells nothing about the one that is waited
 * for. */
static bool is_of_library(const struct lh_report_lock *lock, const char *variable)
{
	return variable && lock->row.kind == LH_FUTEX && strncmp(variable, "std::__", 7) == 0;
}

/* "mutex of bank.c:41": where it was initialized, or the first place, by text, of those where it
 * was acquired: which thread comes first varies from run to run. */
static const char *described(struct lh_report *report, const struct lh_report_lock *lock)
{
	const char *at = lh_report_place_text(report, lock->init_stack);

	if (lock->row.kind == LH_CUSTOM && (lock->row.address & LH_ADDRESS_VALUE))
		return lh_arena_printf(report->arena, "%s %llu", lock->kind_text,
				       (unsigned long long)(lock->row.address & LH_VALUE_MASK));

	if (!at && !is_of_library(lock, lh_report_lock_variable(report, lock)))
		at = lh_report_data_place(report, lock->process, lh_lock_address(&lock->row));
	if (!at)
		at = lh_report_first_place(report, lock);
	return at ? lh_arena_printf(report->arena, "%s of %s", lock->kind_text, at)
		  : lock->kind_text;
}

static bool is_named(const struct lh_report_lock *lock)
{
	return (lock->row.flags & LH_LOCK_NAMED) && lock->stats.name[0];
}

/* A bit of a word is "word:bit3". */
static const char *with_bit(struct lh_report *report, const struct lh_report_lock *lock,
			    const char *name)
{
	int bit = lh_lock_bit(&lock->row);

	return name && bit >= 0 ? lh_arena_printf(report->arena, "%s:bit%d", name, bit) : name;
}

/* Two locks that one function initializes by two calls are two classes, as two members are. */
static uint32_t init_number(struct lh_report *report, const struct lh_report_lock *lock)
{
	const struct lh_report_frame *f = lh_site_first(lock->init_stack);
	struct lh_module module;

	if (!f || f->script || !report->options.symbols ||
	    !lh_read_module_at(lock->process->ledger, f->address, &module))
		return 0;
	return lh_symbol_call_number(report->options.symbols, &module, f->offset);
}

/* The address and the row vary between runs; the stack that initialized the lock does not. */
static const char *class_of(struct lh_report *report, const struct lh_report_lock *lock,
			    const char *symbol, enum lh_recipe recipe, bool *by_first)
{
	const char *data;
	uint32_t number;
	char *site;

	if (symbol)
		return with_bit(report, lock, lh_fingerprint_name(report, symbol));
	site = lh_fingerprint_site(report, lock->init_stack, recipe);
	number = recipe > LH_RECIPE_2 ? init_number(report, lock) : 0;
	if (site[0] && number)
		return lh_arena_printf(report->arena, "%s<%s#%u", lock->kind, site, number);
	if (site[0] && recipe > LH_RECIPE_2 && lock->init_stack && lock->init_stack->lock_name)
		return lh_arena_printf(report->arena, "%s<%s#%s", lock->kind, site,
				       lock->init_stack->lock_name);
	if (site[0])
		return lh_arena_printf(report->arena, "%s<%s", lock->kind, site);
	if (is_named(lock))
		return lock->name;
	data = lh_report_data_place(report, lock->process, lh_lock_address(&lock->row));
	if (data)
		return lh_arena_printf(report->arena, "%s@%s", lock->kind, data);
	site = lh_fingerprint_site(report, lock->first_stack, recipe);
	*by_first = lock->row.kind != LH_THREAD_END;
	return site[0] ? lh_arena_printf(report->arena, "%s>%s", lock->kind, site) : lock->kind;
}

/* An unnamed section of gcc has no object of the program's: its address is that of the function
 * that begins it (interpose/openmp.c), or, in `hang`, of libgomp's own lock. */
static const char *unnamed_section(struct lh_report *report, const struct lh_report_lock *lock)
{
	uint64_t address = lh_lock_address(&lock->row);
	const char *function = lh_report_function_at(report, lock->process, address);
	const char *data = lh_report_data_place(report, lock->process, address);

	if (lock->row.kind != LH_OMP_CRITICAL)
		return NULL;
	if (function && strstr(function, "_atomic_start"))
		return "atomic";
	return (function && strstr(function, "_critical_start")) ||
			       (data && strncmp(data, "libgomp.so", 10) == 0)
		       ? "critical"
		       : NULL;
}

/*
 * A critical section of OpenMP has the name of the symbol that the compiler makes for it: gcc's
 * ends with the name, clang's with ".var" behind it. In `hang` its word counts as a lock.
 */
static const char *section_name(struct lh_report *report, const struct lh_report_lock *lock,
				const char *symbol)
{
	static const char begins[] = ".gomp_critical_user_", ends[] = ".var";
	const char *name = symbol;
	size_t n;

	if (!symbol)
		return unnamed_section(report, lock);
	if (strncmp(name, begins, sizeof(begins) - 1) != 0)
		return NULL;
	name += sizeof(begins) - 1;
	n = strlen(name);
	if (n >= sizeof(ends) - 1 && strcmp(name + n - (sizeof(ends) - 1), ends) == 0)
		n -= sizeof(ends) - 1;
	return n ? lh_arena_printf(report->arena, "critical(%.*s)", (int)n, name) : "critical";
}

static void set_futex(struct lh_report *report, struct lh_report_lock *lock)
{
	const char *text = lh_report_foreign_lock(lock->first_stack);

	if (text)
		lock->kind_text = text;
	lock->waker = lh_report_get_thread(report, lock->process, lock->row.thread);
	if (lock->waker && lock->row.wake_stack)
		lock->wake_stack = lh_report_get_stack(report, lock->process, lock->row.wake_stack);
}

/* A part of a variable of CPython, which has other names in other builds. */
static void set_gil_name(struct lh_report_lock *lock)
{
	lock->plain = lock->name = lock->class = lock->former_class = lock->kind;
	lock->named = true;
}

/* "m" of "m.d_ptr._q_value": the word of a lock of Qt is a member of it. */
static const char *without_word(struct lh_report *report, const struct lh_report_lock *lock,
				const char *name)
{
	const char *tail = lock->kind_text[0] == 'Q' && name ? strstr(name, ".d") : NULL;

	if (!tail || (strcmp(tail, ".d") != 0 && strcmp(tail, ".d_ptr._q_value") != 0))
		return name;
	return lh_arena_printf(report->arena, "%.*s", (int)(tail - name), name);
}

static void set_name(struct lh_report *report, struct lh_report_lock *lock)
{
	uint64_t into;
	const char *symbol = NULL, *section = NULL, *name = NULL;

	if (lock->row.kind != LH_THREAD_END) {
		symbol = lh_report_variable(report, lock->process, lh_lock_address(&lock->row),
					    &into);
		if (lh_kind_row(lock->row.kind)->family == LH_FAMILY_OPENMP)
			section = section_name(report, lock, symbol);
		symbol = section ? section : symbol;
		name = is_named(lock) ? lh_arena_strdup(report->arena, lock->stats.name) : section;
		if (!name)
			name = lh_report_lock_variable(report, lock);
		name = is_of_library(lock, name) ? NULL : without_word(report, lock, name);
		if (!name && lock->init_stack)
			name = lock->init_stack->lock_name;
		if (!name)
			name = lh_report_lock_of_code(report, lock);
		name = with_bit(report, lock, name);
	}
	lock->named = name != NULL;
	if (!name && lock->row.kind == LH_THREAD_END)
		name = end_lock_name(report, lock);
	lock->plain = lock->name = name ? name : described(report, lock);
	lock->class = class_of(report, lock, symbol, LH_RECIPE_3, &lock->by_first);
	lock->former_class = class_of(report, lock, symbol, LH_RECIPE_2, &lock->by_first);
	lock->variable = symbol != NULL;
}

/* A kind of --lock-api has the name of its file. */
static const char *kind_of(struct lh_report *report, const struct lh_report_process *p,
			   const struct lh_lock *row)
{
	uint32_t own = row->kind == LH_CUSTOM ? LH_LOCK_OWN_KIND(row->flags) : 0;
	const char *name = own ? p->ledger->head.own_kind[own - 1] : "";

	if (!*name)
		return lh_name_kind(row->kind);
	return lh_arena_printf(report->arena, "%.*s", LH_OWN_KIND_NAME - 1, name);
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
	lock->kind = kind_of(report, p, &row);
	lock->kind_text = strcmp(lock->kind, "custom") == 0 ? "lock" : lock->kind;
	if (row.init_stack)
		lock->init_stack = lh_report_get_stack(report, p, row.init_stack);
	if (lock->init_stack && lock->init_stack->lock_kind)
		lock->kind_text = lock->init_stack->lock_kind;
	if (row.first_stack)
		lock->first_stack = lh_report_get_stack(report, p, row.first_stack);
	if (row.kind == LH_FUTEX)
		set_futex(report, lock);
	if (row.kind == LH_GIL)
		set_gil_name(lock);
	else
		set_name(report, lock);
	return lock;
}

/* A copy that only this finding has: other findings number the lock otherwise. The locks are const
 * only for renderers. */
static void number(struct lh_report *report, struct lh_report_finding *f, uint32_t i, uint32_t n)
{
	struct lh_report_lock *copy = lh_arena_alloc(report->arena, sizeof(*copy));
	struct lh_report_step *step = (struct lh_report_step *)f->step;

	*copy = *f->lock[i];
	copy->name = lh_arena_printf(report->arena, "%s (%u)", copy->plain, n);
	for (uint32_t k = 0; k < f->steps; k++)
		if (step[k].lock == f->lock[i])
			step[k].lock = copy;
	f->lock[i] = copy;
}

void lh_report_number_duplicates(struct lh_report *report, struct lh_report_finding *f)
{
	for (uint32_t i = 0; i < f->locks; i++) {
		uint32_t n = 1;

		if (f->lock[i]->name != f->lock[i]->plain)
			continue;
		for (uint32_t k = i + 1; k < f->locks; k++)
			if (strcmp(f->lock[k]->plain, f->lock[i]->plain) == 0)
				number(report, f, k, ++n);
		if (n > 1)
			number(report, f, i, 1);
	}
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
