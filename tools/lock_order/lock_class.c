/* lock_class.c — finds which locks of a process belong to one class. */
#include "tools/lock_order/by_class.h"
#include "tools/util/glob.h"
#include "tools/util/map.h"
#include "tools/symbols/symbols.h"

#include <string.h>

struct lh_classes {
	struct lh_report *report;
	const struct lh_report_process *process;
	struct lh_symbols *symbols;
	struct lh_arena *arena;
	struct lh_map classes; /* their numbers by text */
	uint32_t *of;          /* by lock row; 1 is added, 0: not looked up yet */
	uint32_t rows;
};

/* Functions between the code of a program and the init call, in any program. */
static const char *const wrappers[] = {"std::*",    "boost::*",      "__gthread_*", "__gnu_cxx::*",
				       "pthread_*", "mtx_init",      "uv_*",        "apr_*",
				       "PR_New*",   "SDL_Create*",   "v8::base::*", "os::Platform*",
				       "g_mutex_*", "g_rec_mutex_*", "g_rw_lock_*"};

static bool is_wrapper(const struct lh_report_frame *f)
{
	for (uint32_t i = 0; f->function && i < sizeof(wrappers) / sizeof(*wrappers); i++)
		if (lh_glob_match(wrappers[i], f->function))
			return true;
	return f->ours || f->wrapper;
}

/* The frame that initialized the lock: the innermost one that is no wrapper. An interpreter is a
 * wrapper as a whole, because one line of C makes all locks of a script. If all frames are
 * wrappers, the innermost one. */
static const struct lh_report_frame *init_frame(const struct lh_report_stack *t)
{
	const struct lh_report_frame *best = NULL;

	for (uint32_t i = 0; i < t->n; i++)
		if (t->frame[i].script && !t->frame[i].system)
			return &t->frame[i];
	for (uint32_t i = 0; i < t->n; i++)
		if (t->frame[i].script)
			return &t->frame[i];
	for (uint32_t i = 0; i < t->n && !best; i++)
		if (!is_wrapper(&t->frame[i]))
			best = &t->frame[i];
	for (uint32_t i = 0; i < t->n && !best; i++)
		if (!t->frame[i].ours)
			best = &t->frame[i];
	return best;
}

/* A call is named by its address; an inlined line by its position, because each copy of it has
 * another address. */
static const char *frame_text(const struct lh_classes *c, const struct lh_report_frame *f)
{
	if (f->script || (f->inlined && f->line))
		return lh_arena_printf(c->arena, "%s %s:%u:%u", f->function ? f->function : "",
				       f->file ? f->file : "", f->line, f->column);
	return lh_arena_printf(c->arena, "%s+%llx", f->module ? f->module : "?",
			       (unsigned long long)f->offset);
}

static const char *stack_text(const struct lh_classes *c, const struct lh_report_stack *t)
{
	const char *text = "";

	for (uint32_t i = 0; i < t->n; i++)
		if (!t->frame[i].inlined)
			text = lh_arena_printf(c->arena, "%s\n%s", text,
					       frame_text(c, &t->frame[i]));
	return text;
}

/* The variable and its member. NULL: no variable, or its type is not known. */
static const char *variable_text(const struct lh_classes *c, const struct lh_report_lock *lock,
				 bool *data)
{
	struct lh_module module;
	const char *path;

	*data = lh_lock_address(&lock->row) &&
		lh_read_module_at(c->process->ledger, lh_lock_address(&lock->row), &module);
	path = *data && c->symbols ? lh_symbol_member(c->symbols, &module,
						      lh_lock_address(&lock->row) - module.base)
				   : NULL;
	return path ? lh_arena_printf(c->arena, "%s %s", module.path, path) : NULL;
}

static const char *class_text(const struct lh_classes *c, const struct lh_report_lock *lock)
{
	bool data;
	const char *text = variable_text(c, lock, &data);
	const struct lh_report_frame *at = lock->init_stack ? init_frame(lock->init_stack) : NULL;

	if (text)
		return lh_arena_printf(c->arena, "variable %s %s", lock->kind, text);
	if (at)
		return lh_arena_printf(c->arena, "born %s %s", lock->kind, frame_text(c, at));
	if (!data && lock->first_stack && lock->first_stack->n && !lock->first_stack->approximate)
		return lh_arena_printf(c->arena, "first %s %s", lock->kind,
				       stack_text(c, lock->first_stack));
	return lh_arena_printf(c->arena, "alone %u", lock->lock);
}

static uint32_t class_of(struct lh_classes *c, lh_lock_id id)
{
	const struct lh_report_lock *lock = lh_report_get_lock(c->report, c->process, id);
	const char *text;
	uint32_t *class;

	if (!lock || lock->row.kind == LH_THREAD_END || lh_kind_acts(lock->row.kind) == LH_COND ||
	    lock->row.kind == LH_BARRIER)
		return 0;
	text = class_text(c, lock);
	class = lh_map_get(&c->classes, c->arena, text, strlen(text), sizeof(*class));
	if (!*class)
		*class = c->classes.n;
	return *class;
}

uint32_t lh_classes_of(struct lh_classes *c, lh_lock_id id)
{
	uint32_t row = LH_LOCK_ROW(id);

	if (row >= c->rows)
		return 0;
	if (!c->of[row])
		c->of[row] = 1 + class_of(c, id);
	return c->of[row] - 1;
}

uint32_t lh_classes_count(const struct lh_classes *c)
{
	return c->classes.n;
}

struct lh_classes *lh_classes_new(struct lh_report *report, const struct lh_report_process *p,
				  const struct lh_class_options *options, struct lh_arena *arena)
{
	struct lh_classes *c = lh_arena_alloc(arena, sizeof(*c));

	c->report = report;
	c->process = p;
	c->symbols = options->symbols;
	c->arena = arena;
	c->rows = lh_read_used(p->ledger, LH_T_LOCK);
	c->of = lh_arena_alloc(arena, c->rows * sizeof(*c->of));
	return c;
}
