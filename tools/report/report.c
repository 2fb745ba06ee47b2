#include "tools/report/report.h"

#include "tools/report/report_internal.h"
#include "tools/symbols/symbols.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

struct lh_memo {
	struct {
		const struct lh_ledger_view *ledger;
		uint32_t kind, row;
	} key;
	void *value;
	UT_hash_handle hh;
};

/* A finding as it is kept: what was merged into it. */
struct merged_finding {
	struct lh_report_finding found; /* first: a kept is found by its lh_report_finding */
	const struct lh_report_process *last;
};

struct lh_sort {
	char key[48]; /* rule, filter, fingerprint */
	struct merged_finding *merged;
	UT_hash_handle hh;
};

/* What a row has added to its finding so far; it is read again while it grows. */
struct share {
	struct merged_finding *merged_finding;
	uint64_t count;
};

struct lh_report *lh_report_new(struct lh_report_options wants)
{
	struct lh_arena *arena = lh_arena_new();
	struct lh_report *report = lh_arena_alloc(arena, sizeof(*report));

	report->private_data = lh_arena_alloc(arena, sizeof(*report->private_data));
	report->private_data->arena = arena;
	report->private_data->options = wants;
	return report;
}

void lh_report_free(struct lh_report *report)
{
	if (!report)
		return;
	HASH_CLEAR(hh, report->private_data->memo);
	HASH_CLEAR(hh, report->private_data->sort);
	lh_report_drop_orders(report);
	lh_arena_free(report->private_data->arena);
}

void lh_report_note(struct lh_report *report, const char *format, ...)
{
	va_list args;
	const char *text;

	va_start(args, format);
	text = lh_arena_vprintf(report->private_data->arena, format, args);
	va_end(args);
	for (uint32_t i = 0; i < report->notes; i++)
		if (strcmp(report->note[i], text) == 0)
			return;
	LH_PUSH(report->private_data->arena, report->note, report->notes, text);
}

void **lh_report_memo(struct lh_report *report, const struct lh_ledger_view *r,
		      enum lh_memo_kind made, uint32_t row)
{
	struct lh_memo *memo, ask;

	memset(&ask, 0, sizeof(ask));
	ask.key.ledger = r;
	ask.key.kind = made;
	ask.key.row = row;
	HASH_FIND(hh, report->private_data->memo, &ask.key, sizeof(ask.key), memo);
	if (!memo) {
		memo = lh_arena_alloc(report->private_data->arena, sizeof(*memo));
		memo->key = ask.key;
		HASH_ADD(hh, report->private_data->memo, key, sizeof(memo->key), memo);
	}
	return &memo->value;
}

/* ---- findings ---- */

static struct lh_report_step row_to_step(struct lh_report *report,
					 const struct lh_report_process *p, const struct lh_step *s)
{
	struct lh_report_step a = {.action = (enum lh_action)s->action};
	struct lh_note note;

	if (s->note && lh_read_note(p->ledger, s->note, &note))
		a.note = lh_arena_strdup(report->private_data->arena, note.text);
	if (s->thread)
		a.thread = lh_report_get_thread(report, p, s->thread);
	if (s->lock)
		a.lock = lh_report_get_lock(report, p, s->lock);
	a.mode = LH_SITE_MODE(s->site);
	a.how = LH_SITE_HOW(s->site);
	a.stack = lh_report_get_stack(report, p, LH_SITE_STACK(s->site));
	a.frame = lh_report_best_frame(a.stack);
	return a;
}

static void add_thread(struct lh_report *report, struct lh_report_finding *f,
		       const struct lh_report_thread *who)
{
	for (uint32_t i = 0; i < f->threads; i++)
		if (f->thread[i] == who)
			return;
	if (who)
		LH_PUSH(report->private_data->arena, f->thread, f->threads, who);
}

static void add_lock(struct lh_report *report, struct lh_report_finding *f,
		     const struct lh_report_lock *what)
{
	for (uint32_t i = 0; i < f->locks; i++)
		if (f->lock[i] == what)
			return;
	if (what)
		LH_PUSH(report->private_data->arena, f->lock, f->locks, what);
}

/* The steps: the record's own, or those given. */
static void add_steps(struct lh_report *report, struct lh_report_finding *f,
		      const struct lh_finding *row, const struct lh_step *given)
{
	struct lh_report_step *list = NULL;
	struct lh_step step;

	for (uint32_t i = 0; i < row->steps; i++) {
		if (given)
			step = given[i];
		else if (row->step > UINT32_MAX - i ||
			 !lh_read_step(f->process->ledger, row->step + i, &step))
			break;
		LH_PUSH(report->private_data->arena, list, f->steps,
			row_to_step(report, f->process, &step));
		add_thread(report, f, list[f->steps - 1].thread);
		add_lock(report, f, list[f->steps - 1].lock);
	}
	f->step = list;
}

/* Where a person should look first: where the last thing was done that made it a finding. */
static const struct lh_report_frame *best_frame(const struct lh_report_finding *f)
{
	const struct lh_report_frame *any = NULL;

	/* Of what was held for long: where it was taken. Who waited is behind it. */
	if (f->rule == LH_RULE_LONG_HOLD && f->steps && f->step[0].frame)
		return f->step[0].frame;
	for (uint32_t i = 0; i < f->parts; i++) {
		const struct lh_report_step *a =
			f->part[i].does ? f->part[i].does : f->part[i].holds;

		if (a && a->frame && (!any || (a->frame->line && !any->line)))
			any = a->frame;
		/* Of a ring every part is as good; else the last one is the mistake. */
		if (any && any->line && f->cycle)
			return any;
		if (!f->cycle && a && a->frame && a->frame->line)
			any = a->frame;
	}
	return any;
}

static bool is_possible(const struct lh_finding *row)
{
	return row->rule > LH_NO_RULE && row->rule < LH_RULES && row->filter < LH_FILTERS &&
	       row->level <= LH_CONFIRMED && row->severity <= LH_ERROR;
}

static const struct lh_report_step *moved(const struct lh_report_step *a,
					  const struct lh_report_step *from,
					  const struct lh_report_step *to)
{
	return a ? to + (a - from) : NULL;
}

/*
 * Whoever closed a ring last is another one each time: it is told from where its fingerprint
 * begins. Writers that queue behind it stay at the end.
 */
static void turn(struct lh_report *report, struct lh_report_finding *f, uint32_t first)
{
	struct lh_report_step *step =
		lh_arena_alloc(report->private_data->arena, (f->steps + 1) * sizeof(*step));
	struct lh_report_part *part =
		lh_arena_alloc(report->private_data->arena, (f->parts + 1) * sizeof(*part));
	uint32_t n = 0;

	for (uint32_t i = 0; i < f->parts; i++) {
		const struct lh_report_part *old =
			&f->part[i < f->cycle_parts ? (first + i) % f->cycle_parts : i];
		const struct lh_report_step *from = &f->step[old->first];

		memcpy(&step[n], from, old->n * sizeof(*step));
		part[i] = *old;
		part[i].first = n;
		part[i].holds = moved(old->holds, from, &step[n]);
		part[i].does = moved(old->does, from, &step[n]);
		n += old->n;
	}
	f->step = step;
	f->part = part;
	f->threads = f->locks = 0;
	for (uint32_t i = 0; i < f->steps; i++) {
		add_thread(report, f, step[i].thread);
		add_lock(report, f, step[i].lock);
	}
}

/* All that follows from its steps. */
static void complete(struct lh_report *report, struct lh_report_finding *f)
{
	uint32_t first;

	lh_report_number_duplicates(report, f);
	lh_report_group_steps(report, f);
	first = lh_fingerprint_make(report, f);
	if (first)
		turn(report, f, first);
	f->frame = best_frame(f);
	f->message = lh_report_message(report, f);
}

static struct merged_finding *make_finding(struct lh_report *report, struct lh_report_process *p,
					   const struct lh_finding *row,
					   const struct lh_step *given)
{
	struct merged_finding *k = lh_arena_alloc(report->private_data->arena, sizeof(*k));
	struct lh_report_finding *f = &k->found;

	f->process = p;
	f->rule = (enum lh_rule)row->rule;
	f->level = (enum lh_level)row->level;
	f->severity = (enum lh_severity)row->severity;
	f->filter = (enum lh_filter)row->filter;
	f->open = row->flags & LH_FINDING_OPEN;
	f->by_class = row->flags & LH_FINDING_BY_CLASS;
	f->duration_ns = row->duration_ns;
	f->title = lh_name_title(f->rule);
	f->meaning = lh_name_meaning(f->rule);
	f->help = lh_name_help(f->rule);
	add_steps(report, f, row, given);
	complete(report, f);
	return k;
}

static void worsen(struct lh_report *report, struct lh_report_finding *f,
		   const struct lh_finding *row)
{
	bool same = f->level >= (enum lh_level)row->level && f->duration_ns >= row->duration_ns;

	if (f->level < (enum lh_level)row->level)
		f->level = (enum lh_level)row->level;
	if (f->severity < (enum lh_severity)row->severity)
		f->severity = (enum lh_severity)row->severity;
	if (f->duration_ns < row->duration_ns)
		f->duration_ns = row->duration_ns;
	if (!same)
		f->message = lh_report_message(report, f);
}

/* What one ended thread has kept is one mistake, whichever of its locks somebody waits for. */
static struct merged_finding *abandoned_by_same(struct lh_report *report,
						const struct merged_finding *k)
{
	for (uint32_t i = 0; k->found.rule == LH_RULE_EXIT_HOLDING && i < report->findings; i++) {
		struct lh_report_finding *f = report->finding[i];

		if (f->rule == LH_RULE_EXIT_HOLDING && f->process == k->found.process && f->steps &&
		    k->found.steps && f->step[0].thread == k->found.step[0].thread)
			return (struct merged_finding *)f;
	}
	return NULL;
}

/* Now somebody waits for it: what is told from here on. */
static void grow(struct lh_report_finding *f, const struct lh_report_finding *more)
{
	struct lh_report_finding old = *f;

	*f = *more;
	f->count = old.count;
	f->processes = old.processes;
	f->status = old.status;
	f->reason = old.reason;
	memcpy(f->fingerprint, old.fingerprint, sizeof(f->fingerprint));
}

/* The one that is kept for findings like k: k itself if it is the first of its like. */
static struct merged_finding *merge(struct lh_report *report, struct merged_finding *k)
{
	struct lh_sort *s = lh_arena_alloc(report->private_data->arena, sizeof(*s)), *old;

	snprintf(s->key, sizeof(s->key), "%d %d %s", k->found.rule, k->found.filter,
		 k->found.fingerprint);
	HASH_FIND_STR(report->private_data->sort, s->key, old);
	if (old)
		return old->merged;
	s->merged = k;
	HASH_ADD_STR(report->private_data->sort, key, s);
	if (k->found.filter == LH_F_NONE)
		LH_PUSH(report->private_data->arena, report->finding, report->findings, &k->found);
	else
		LH_PUSH(report->private_data->arena, report->filtered, report->filtereds,
			&k->found);
	if (report->private_data->options.classify && k->found.filter == LH_F_NONE)
		report->private_data->options.classify(report->private_data->options.with, report,
						       &k->found);
	return k;
}

static struct share *share_of(struct lh_report *report, struct lh_report_process *p, uint32_t row,
			      const struct lh_finding *f, bool *fresh)
{
	void **made = lh_report_memo(report, p->ledger, LH_MEMO_FOUND, row);
	struct share *s = *made;
	struct merged_finding *k;

	if (s)
		return s;
	*made = s = lh_arena_alloc(report->private_data->arena, sizeof(*s));
	k = make_finding(report, p, f, NULL);
	s->merged_finding = abandoned_by_same(report, k);
	if (s->merged_finding) { /* seen from elsewhere, and not once more */
		s->count = f->count;
		*fresh = k->found.open && !s->merged_finding->found.open;
		if (*fresh)
			grow(&s->merged_finding->found, &k->found);
		return s;
	}
	s->merged_finding = merge(report, k);
	*fresh = s->merged_finding == k;
	if (s->merged_finding->last != p)
		s->merged_finding->found.processes++;
	s->merged_finding->last = p;
	return s;
}

struct lh_report_finding *lh_report_add_row(struct lh_report *report,
					    const struct lh_ledger_view *r, uint32_t row,
					    bool *fresh)
{
	struct lh_report_process *p = lh_report_get_process(report, r);
	struct lh_finding f;
	struct share *s;
	bool ignored;

	fresh = fresh ? fresh : &ignored;
	*fresh = false;
	if (!lh_read_finding(r, row, &f))
		return NULL;
	if (f.rule == LH_NO_RULE) /* taken back */
		return NULL;
	if (!is_possible(&f)) {
		lh_report_note(report,
			       "finding %u of process %d is not one that this version knows", row,
			       p->pid);
		return NULL;
	}
	if (f.flags & LH_FINDING_MEASURED) /* the monitor has made its own of it */
		return NULL;
	s = share_of(report, p, row, &f, fresh);
	worsen(report, &s->merged_finding->found, &f);
	f.count = f.count ? f.count : 1;
	s->merged_finding->found.count += f.count - s->count;
	s->count = f.count;
	return &s->merged_finding->found;
}

/* Of circles by birthplace: the same one was told, as it can happen or as it did. */
static struct merged_finding *find_by_locks(struct lh_report *report,
					    const struct merged_finding *k)
{
	static const enum lh_rule as[] = {LH_RULE_LOCK_ORDER, LH_RULE_DEADLOCK};
	struct lh_report_finding f = k->found;
	struct lh_sort *s;
	char key[sizeof(s->key)];

	for (size_t i = 0; f.by_class && i < sizeof(as) / sizeof(as[0]); i++) {
		f.rule = as[i];
		lh_fingerprint_make(report, &f);
		snprintf(key, sizeof(key), "%d %d %s", f.rule, f.filter, f.fingerprint);
		HASH_FIND_STR(report->private_data->sort, key, s);
		if (s && !s->merged->found.by_class)
			return s->merged;
	}
	return NULL;
}

struct lh_report_finding *lh_report_add_finding(struct lh_report *report,
						const struct lh_ledger_view *r,
						const struct lh_finding *row,
						const struct lh_step *step, const char *message)
{
	struct lh_report_process *p = lh_report_get_process(report, r);
	struct merged_finding *k = make_finding(report, p, row, step), *old;

	if (message)
		k->found.message = lh_arena_strdup(report->private_data->arena, message);
	old = find_by_locks(report, k);
	if (old)
		return &old->found;
	old = merge(report, k);
	if (old->last != p)
		old->found.processes++;
	old->last = p;
	old->found.count++;
	return &old->found;
}

/* ---- findings of several processes ---- */

/* Two processes may each have a T1: here threads are counted anew, and their process is named. */
static const struct lh_report_thread *foreign_thread(struct lh_report *report,
						     const struct lh_report_finding *f,
						     const struct lh_report_thread *who)
{
	struct lh_report_thread *copy;

	for (uint32_t i = 0; i < f->threads; i++)
		if (f->thread[i]->process == who->process && f->thread[i]->row == who->row)
			return f->thread[i];
	copy = lh_arena_alloc(report->private_data->arena, sizeof(*copy));
	*copy = *who;
	copy->id = f->threads + 1;
	copy->foreign_tid = who->process->pid;
	return copy;
}

static bool is_spread(const struct lh_cross_step *step, uint32_t n)
{
	for (uint32_t i = 1; i < n; i++)
		if (step[i].process != step[0].process)
			return true;
	return false;
}

static void add_spread(struct lh_report *report, struct lh_report_finding *f,
		       const struct lh_cross_step *step, uint32_t n)
{
	struct lh_report_step *list = NULL;
	bool many = is_spread(step, n);

	for (uint32_t i = 0; i < n; i++) {
		struct lh_report_step a = row_to_step(report, step[i].process, &step[i].step);

		if (a.thread && many)
			a.thread = foreign_thread(report, f, a.thread);
		if (step[i].lock)
			a.lock = step[i].lock;
		LH_PUSH(report->private_data->arena, list, f->steps, a);
		add_thread(report, f, a.thread);
		add_lock(report, f, a.lock);
	}
	f->step = list;
}

/* In the order in which they are told; the copies are the finding's own. */
static void count_anew(struct lh_report_finding *f)
{
	for (uint32_t i = 0; i < f->threads; i++)
		((struct lh_report_thread *)f->thread[i])->id = i + 1;
}

static uint32_t count_processes(const struct lh_cross_step *step, uint32_t n)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < n; i++) {
		bool seen = false;

		for (uint32_t k = 0; k < i && !seen; k++)
			seen = step[k].process == step[i].process;
		count += !seen;
	}
	return count;
}

struct lh_report_finding *lh_report_add_cross_finding(struct lh_report *report,
						      const struct lh_finding *row,
						      const struct lh_cross_step *step, uint32_t n,
						      const char *more)
{
	struct merged_finding *k = lh_arena_alloc(report->private_data->arena, sizeof(*k)), *old;
	struct lh_report_finding *f = &k->found;

	f->process = step[0].process;
	f->rule = (enum lh_rule)row->rule;
	f->level = (enum lh_level)row->level;
	f->severity = (enum lh_severity)row->severity;
	f->filter = (enum lh_filter)row->filter;
	f->title = lh_name_title(f->rule);
	f->meaning = lh_name_meaning(f->rule);
	f->help = lh_name_help(f->rule);
	add_spread(report, f, step, n);
	complete(report, f);
	if (is_spread(step, n))
		count_anew(f);
	f->message = lh_arena_printf(report->private_data->arena, "%s%s", f->message, more);
	f->count = 1;
	old = merge(report, k);
	if (old == k)
		f->processes = count_processes(step, n);
	return &old->found;
}

/* A step of an order, by the lock that stands for its own in all processes. */
static struct lh_cross_step step_of(const struct lh_report_order *o,
				    const struct lh_report_lock *lock, bool wanted)
{
	return (struct lh_cross_step){.process = o->process,
				      .lock = lock,
				      .step = {.thread = o->thread,
					       .site = lh_report_order_place(o, wanted),
					       .action = wanted ? LH_WANTS : LH_HOLDS}};
}

void lh_report_add_across(struct lh_report *report, const struct lh_report_order *const *order,
			  const struct lh_report_lock *const *lock, uint32_t n, const char *more)
{
	struct lh_cross_step *step =
		lh_arena_alloc(report->private_data->arena, 2 * n * sizeof(*step));
	const struct lh_finding row = {.rule = LH_RULE_LOCK_ORDER, .severity = LH_WARNING};

	for (uint32_t i = 0; i < n; i++) {
		step[2 * i] = step_of(order[i], lock[i], false);
		step[2 * i + 1] = step_of(order[i], lock[(i + 1) % n], true);
	}
	lh_report_add_cross_finding(report, &row, step, 2 * n, more);
}

/* ---- all of it ---- */

static void add_every_lock(struct lh_report *report, struct lh_report_process *p)
{
	uint32_t n = lh_read_used(p->ledger, LH_T_LOCK);
	struct lh_lock l;

	for (uint32_t i = 1; i < n; i++)
		if (lh_read_lock_row(p->ledger, i, &l) && l.kind && l.kind != LH_THREAD_END)
			lh_report_get_lock(report, p, LH_LOCK_ID(i, l.gen));
}

void lh_report_add_ledger(struct lh_report *report, const struct lh_ledger_view *r)
{
	struct lh_report_process *p = lh_report_get_process(report, r);
	uint32_t n = lh_read_used(r, LH_T_FINDING);
	char title[LH_PATH_MAX + 40];

	lh_read_title(r, title, sizeof(title));
	if (p->problem)
		lh_report_note(report, "%s: %s", title, p->problem);
	if (r->head.flags & LH_LEDGER_PYTHON_UNREAD)
		lh_report_note(report,
			       "%s: only CPython 3.11 can be read: its `with lock` counts as a try "
			       "here, and "
			       "stacks have no Python lines",
			       title);
	if (report->private_data->options.every_lock) {
		add_every_lock(report, p);
		lh_report_add_profile(report, p);
	}
	for (uint32_t i = 1; i < n; i++)
		lh_report_add_row(report, r, i, NULL);
	if (report->private_data->options.orders)
		lh_report_add_orders(report, p);
}

void lh_report_add_file(struct lh_report *report, const struct lh_ledger_file *s)
{
	if (s->error[0])
		lh_report_note(report, "%s", s->error);
	if (s->empty)
		lh_report_note(report, "%u process%s took a place and never filled it", s->empty,
			       s->empty == 1 ? "" : "es");
	if (s->no_slot)
		lh_report_note(report, "%u process%s found no place and %s not watched", s->no_slot,
			       s->no_slot == 1 ? "" : "es", s->no_slot == 1 ? "was" : "were");
	for (uint32_t i = 0; i < s->n; i++)
		lh_report_add_ledger(report, &s->view[i]);
}

static int by_weight(const void *x, const void *y)
{
	const struct lh_report_finding *a = *(struct lh_report_finding *const *)x,
				       *b = *(struct lh_report_finding *const *)y;

	if (a->severity != b->severity)
		return a->severity > b->severity ? -1 : 1;
	if (a->level != b->level)
		return a->level > b->level ? -1 : 1;
	if (a->rule != b->rule)
		return a->rule < b->rule ? -1 : 1;
	if (a->filter != b->filter)
		return a->filter < b->filter ? -1 : 1;
	return strcmp(a->fingerprint, b->fingerprint);
}

static int by_wait(const void *x, const void *y)
{
	const struct lh_report_lock *a = *(struct lh_report_lock *const *)x,
				    *b = *(struct lh_report_lock *const *)y;
	uint64_t taken_a = a->row.acquired + a->row.shared,
		 taken_b = b->row.acquired + b->row.shared;

	if (a->stats.wait_ns != b->stats.wait_ns)
		return a->stats.wait_ns > b->stats.wait_ns ? -1 : 1;
	if (taken_a != taken_b)
		return taken_a > taken_b ? -1 : 1;
	return a->id < b->id ? -1 : a->id > b->id;
}

static void sort(void *list, uint32_t n, int (*order)(const void *, const void *))
{
	if (n > 1)
		qsort(list, n, sizeof(void *), order);
}

void lh_report_finish(struct lh_report *report)
{
	struct lh_symbols *symbols = report->private_data->options.symbols;
	uint32_t n = symbols ? lh_symbols_problems(symbols) : 0;

	while (report->private_data->symbol_problems < n)
		lh_report_note(
			report, "%s",
			lh_symbols_problem(symbols, report->private_data->symbol_problems++));
	sort(report->finding, report->findings, by_weight);
	sort(report->filtered, report->filtereds, by_weight);
	report->busiest = lh_arena_alloc(report->private_data->arena,
					 (report->locks + 1) * sizeof(*report->busiest));
	if (report->locks)
		memcpy(report->busiest, report->lock, report->locks * sizeof(*report->busiest));
	sort(report->busiest, report->locks, by_wait);
	lh_report_sort_profile(report);
	lh_report_count_classes(report);
}

uint32_t lh_report_new_findings(const struct lh_report *report, enum lh_severity least)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < report->findings; i++)
		n += report->finding[i]->status == LH_NEW && report->finding[i]->severity >= least;
	return n;
}
