/*
 * finding.c — makes a finding of its rows, and merges rows that are the same finding.
 */
#include "tools/report/report_internal.h"

#include <stdio.h>
#include <string.h>

/* A finding of the report with what merging needs. */
struct merged_finding {
	struct lh_report_finding found;       /* first: its address is that of the merged_finding */
	const struct lh_report_process *last; /* the process that was merged last */
};

/* What a row has added to its finding so far. A row is read again when its count has grown. */
struct row_count {
	struct merged_finding *merged_finding;
	uint64_t count;
};

static struct lh_report_step row_to_step(struct lh_report *report,
					 const struct lh_report_process *p, const struct lh_step *s)
{
	struct lh_report_step a = {
		.thread = lh_report_get_thread(report, p, s->thread),
		.lock = lh_report_get_lock(report, p, s->lock),
		.action = (enum lh_action)s->action,
		.mode = LH_SITE_MODE(s->site),
		.how = LH_SITE_HOW(s->site),
		.site = s->site,
		.stack = lh_report_get_stack(report, p, LH_SITE_STACK(s->site)),
	};
	struct lh_note note;

	if (lh_read_note(p->ledger, s->note, &note))
		a.note = lh_arena_strdup(report->arena, note.text);
	else if (s->left_out)
		a.note = lh_arena_printf(report->arena, "and %u more lock%s", s->left_out,
					 s->left_out > 1 ? "s" : "");
	a.left_out = s->left_out;
	a.frame = lh_report_place(a.stack);
	return a;
}

static void add_thread(struct lh_report *report, struct lh_report_finding *f,
		       const struct lh_report_thread *thread)
{
	for (uint32_t i = 0; i < f->threads; i++)
		if (f->thread[i] == thread)
			return;
	if (thread)
		LH_PUSH(report->arena, f->thread, f->threads, thread);
}

static void add_lock(struct lh_report *report, struct lh_report_finding *f,
		     const struct lh_report_lock *lock)
{
	for (uint32_t i = 0; i < f->locks; i++)
		if (f->lock[i] == lock)
			return;
	if (lock)
		LH_PUSH(report->arena, f->lock, f->locks, lock);
}

static void add_step(struct lh_report *report, struct lh_report_finding *f,
		     const struct lh_report_step *a)
{
	struct lh_report_step *list = (struct lh_report_step *)f->step; /* const for renderers */

	LH_PUSH(report->arena, list, f->steps, *a);
	f->step = list;
	add_thread(report, f, a->thread);
	add_lock(report, f, a->lock);
}

/* Adds the steps that are given, or those of the ledger if none is given. */
static void add_steps(struct lh_report *report, struct lh_report_finding *f,
		      const struct lh_finding *row, const struct lh_step *given)
{
	struct lh_report_step a;
	struct lh_step step;

	for (uint32_t i = 0; i < row->steps; i++) {
		if (given)
			step = given[i];
		else if (row->step > UINT32_MAX - i ||
			 !lh_read_step(f->process->ledger, row->step + i, &step))
			break;
		a = row_to_step(report, f->process, &step);
		add_step(report, f, &a);
	}
}

/* The frame to look at first: that of the last step which made it a finding. */
static const struct lh_report_frame *first_frame(const struct lh_report_finding *f)
{
	const struct lh_report_frame *any = NULL;

	/* Long hold: step 0 is the acquisition; the later steps are the waiters. */
	if (f->rule == LH_RULE_LONG_HOLD && f->steps && f->step[0].frame)
		return f->step[0].frame;
	/* The thread that waits under a lock can be changed; the others show why it should. */
	if ((f->rule == LH_RULE_COND_WAIT_HOLDING || f->told) && f->parts && f->part[0].does &&
	    f->part[0].does->frame)
		return f->part[0].does->frame;
	for (uint32_t i = 0; i < f->parts; i++) {
		const struct lh_report_step *a =
			f->part[i].does ? f->part[i].does : f->part[i].holds;

		if (a && a->frame && (!any || (a->frame->line && !any->line)))
			any = a->frame;
		/* In a cycle point at any step with a line; otherwise at the last step. */
		if (any && any->line && f->cycle)
			return any;
		if (!f->cycle && a && a->frame && a->frame->line)
			any = a->frame;
	}
	return any;
}

/*
 * CI servers show only files of the repository, and a project looks at its own files first: if the
 * frame is outside and a step has one inside, preferably the last step of a part, that one.
 */
static const struct lh_report_frame *best_frame(const struct lh_report_finding *f)
{
	const struct lh_report_frame *first = first_frame(f);

	if (first && first->inside)
		return first;
	for (uint32_t i = 0; i < f->parts; i++)
		if (f->part[i].does && f->part[i].does->frame && f->part[i].does->frame->inside)
			return f->part[i].does->frame;
	for (uint32_t i = 0; i < f->steps; i++)
		if (f->step[i].frame && f->step[i].frame->inside)
			return f->step[i].frame;
	return first;
}

static bool is_possible(const struct lh_finding *row)
{
	return row->rule > LH_NO_RULE && row->rule < LH_RULES && row->filter < LH_FILTERS &&
	       row->level <= LH_LASTING && row->severity <= LH_ERROR;
}

static const struct lh_report_step *rotated_step(const struct lh_report_step *a,
						 const struct lh_report_step *from,
						 const struct lh_report_step *to)
{
	return a ? to + (a - from) : NULL;
}

/*
 * Rotates a cycle to the part where its fingerprint begins: the thread that closes the cycle varies
 * between runs. Writers that queue stay behind the cycle.
 */
static void rotate_to_first(struct lh_report *report, struct lh_report_finding *f, uint32_t first)
{
	struct lh_report_step *step = lh_arena_alloc(report->arena, (f->steps + 1) * sizeof(*step));
	struct lh_report_part *part = lh_arena_alloc(report->arena, (f->parts + 1) * sizeof(*part));
	const struct lh_report_step *ended_by = lh_report_ended_by(f);
	uint32_t n = 0;

	for (uint32_t i = 0; i < f->parts; i++) {
		const struct lh_report_part *old =
			&f->part[i < f->cycle_parts ? (first + i) % f->cycle_parts : i];
		const struct lh_report_step *from = &f->step[old->first];

		memcpy(&step[n], from, old->n * sizeof(*step));
		part[i] = *old;
		part[i].first = n;
		part[i].holds = rotated_step(old->holds, from, &step[n]);
		part[i].does = rotated_step(old->does, from, &step[n]);
		n += old->n;
	}
	if (ended_by)
		step[n] = *ended_by;
	f->step = step;
	f->part = part;
	f->threads = f->locks = 0;
	for (uint32_t i = 0; i < f->steps; i++) {
		add_thread(report, f, step[i].thread);
		add_lock(report, f, step[i].lock);
	}
}

/* Sets every field that follows from the steps. */
/* A futex may stand for a lock, and two such locks for a cycle that nobody can see. */
static void advise_for_futex(struct lh_report_finding *f)
{
	for (uint32_t i = 0; i < f->locks && f->rule == LH_RULE_LOST_SIGNAL; i++)
		if (f->lock[i]->row.kind == LH_FUTEX)
			f->help = "A futex does not record who holds the lock behind it. If these "
				  "are locks, acquire them in one order everywhere; if they are "
				  "events, find the thread that should have brought them.";
}

static void complete(struct lh_report *report, struct lh_report_finding *f)
{
	uint32_t first;

	lh_report_group_steps(report, f);
	first = lh_fingerprint_make(report, f);
	if (first)
		rotate_to_first(report, f, first);
	lh_report_number_duplicates(report, f);
	f->frame = best_frame(f);
	f->message = lh_report_message(report, f);
	advise_for_futex(f);
}

/* Without steps and what follows from them. */
static struct merged_finding *new_finding(struct lh_report *report,
					  const struct lh_report_process *p,
					  const struct lh_finding *row)
{
	struct merged_finding *k = lh_arena_alloc(report->arena, sizeof(*k));
	enum lh_rule rule = (enum lh_rule)row->rule;

	k->found = (struct lh_report_finding){.process = p,
					      .rule = rule,
					      .level = (enum lh_level)row->level,
					      .severity = (enum lh_severity)row->severity,
					      .filter = (enum lh_filter)row->filter,
					      .open = row->flags & LH_FINDING_OPEN,
					      .by_class = row->flags & LH_FINDING_BY_CLASS,
					      .ended = row->flags & LH_FINDING_ENDED,
					      .assumed = row->flags & LH_FINDING_ASSUMED,
					      .likely = row->flags & LH_FINDING_LIKELY,
					      .told = row->flags & LH_FINDING_TOLD,
					      .duration_ns = row->duration_ns,
					      .title = lh_rule_row(rule)->title,
					      .meaning = lh_rule_row(rule)->meaning,
					      .help = lh_rule_row(rule)->help};
	if (k->found.ended && k->found.level == LH_POTENTIAL)
		k->found.meaning = "The threads waited until another thread ended that; if it does "
				   "not come, they wait forever.";
	if (k->found.likely)
		k->found.title = "threads seem to wait for each other forever",
		k->found.meaning =
			"A futex does not record who can end a wait there. Only this other thread "
			"was seen to wake threads there, or to be woken last.";
	return k;
}

/* Nobody chooses where an interpreter takes the GIL. */
static void set_gil_help(struct lh_report_finding *f)
{
	bool is_order = f->rule == LH_RULE_LOCK_ORDER || f->rule == LH_RULE_DEADLOCK;

	for (uint32_t i = 0; is_order && i < f->steps; i++)
		if (f->step[i].lock && f->step[i].lock->row.kind == LH_GIL)
			f->help = "Release the GIL before you wait (Py_BEGIN_ALLOW_THREADS, "
				  "gil_scoped_release), or take it with no other lock held.";
}

static struct merged_finding *make_finding(struct lh_report *report, struct lh_report_process *p,
					   const struct lh_finding *row,
					   const struct lh_step *given)
{
	struct merged_finding *k = new_finding(report, p, row);

	add_steps(report, &k->found, row, given);
	set_gil_help(&k->found);
	complete(report, &k->found);
	return k;
}

static void raise_severity(struct lh_report *report, struct lh_report_finding *f,
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

/* All locks that one ended thread abandoned are one mistake, whichever lock has a waiter. */
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

/* A thread now waits for the abandoned lock: report that wait from here on. */
static void replace_contents(struct lh_report_finding *f, const struct lh_report_finding *more)
{
	struct lh_report_finding old = *f;

	*f = *more;
	f->count = old.count;
	f->processes = old.processes;
	f->seen = old.seen;
	f->status = old.status;
	f->reason = old.reason;
	memcpy(f->fingerprint, old.fingerprint, sizeof(f->fingerprint));
	memcpy(f->former, old.former, sizeof(f->former));
	f->known = old.known;
	f->merged = old.merged;
	f->mergeds = old.mergeds;
	f->other_place = old.other_place;
	f->other_places = old.other_places;
}

/* Where the finding with f's rule, filter and fingerprint is stored. */
static struct merged_finding **merged_as(struct lh_report *report,
					 const struct lh_report_finding *f)
{
	char key[48];
	int n = snprintf(key, sizeof(key), "%d %d %s", f->rule, f->filter, f->fingerprint);

	return lh_map_get(&report->private_data->finding, report->arena, key, (size_t)n,
			  sizeof(void *));
}

/*
 * The finding with k's rule, filter and fingerprint: k itself if it is the first. *fresh: k is the
 * first, or the first that is new.
 */
static struct merged_finding *merge(struct lh_report *report, struct merged_finding *k, bool *fresh)
{
	struct merged_finding **merged = merged_as(report, &k->found);

	if (report->options.classify && k->found.filter == LH_F_NONE)
		report->options.classify(report->options.with, report, &k->found);
	*fresh = !*merged;
	if (*merged) {
		*fresh = lh_report_merge(report, &(*merged)->found, &k->found);
		return *merged;
	}
	*merged = k;
	if (k->found.filter == LH_F_NONE)
		LH_PUSH(report->arena, report->finding, report->findings, &k->found);
	else
		LH_PUSH(report->arena, report->filtered, report->filtereds, &k->found);
	lh_report_merge(report, &k->found, &k->found);
	return k;
}

static struct row_count *row_count_of(struct lh_report *report, struct lh_report_process *p,
				      uint32_t row, const struct lh_finding *f, bool *fresh)
{
	void **memo = lh_report_memo(report, p->ledger, LH_MEMO_FINDING, row);
	struct row_count *s = *memo;
	struct merged_finding *k;

	if (s)
		return s;
	*memo = s = lh_arena_alloc(report->arena, sizeof(*s));
	k = make_finding(report, p, f, NULL);
	s->merged_finding = abandoned_by_same(report, k);
	if (s->merged_finding) { /* found by another waiter; not a further occurrence */
		s->count = f->count;
		*fresh = k->found.open && !s->merged_finding->found.open;
		if (*fresh)
			replace_contents(&s->merged_finding->found, &k->found);
		return s;
	}
	s->merged_finding = merge(report, k, fresh);
	/* the same deadlock has ended in another row, and lasts in this one */
	if (s->merged_finding->found.ended && !k->found.ended)
		replace_contents(&s->merged_finding->found, &k->found);
	if (s->merged_finding->last != p)
		s->merged_finding->found.processes++;
	s->merged_finding->last = p;
	return s;
}

/* False: the row has no finding for this report. */
static bool read_row(struct lh_report *report, const struct lh_ledger_view *r, uint32_t row,
		     struct lh_finding *f)
{
	if (!lh_read_finding(r, row, f) || f->rule == LH_NO_RULE) /* withdrawn */
		return false;
	if (!is_possible(f)) {
		lh_report_note(report, "finding %u of process %d is not valid for this version",
			       row, r->head.pid);
		return false;
	}
	/* otherwise the monitor reports it with a row of its own */
	return !(f->flags & LH_FINDING_MEASURED);
}

const struct lh_report_finding *lh_report_read_row(struct lh_report *report,
						   const struct lh_ledger_view *r, uint32_t row)
{
	struct lh_finding f;

	return read_row(report, r, row, &f)
		       ? &make_finding(report, lh_report_get_process(report, r), &f, NULL)->found
		       : NULL;
}

struct lh_report_finding *lh_report_add_row(struct lh_report *report,
					    const struct lh_ledger_view *r, uint32_t row,
					    bool *fresh)
{
	struct lh_report_process *p = lh_report_get_process(report, r);
	struct lh_finding f;
	struct row_count *s;
	bool ignored;

	fresh = fresh ? fresh : &ignored;
	*fresh = false;
	if (!read_row(report, r, row, &f))
		return NULL;
	s = row_count_of(report, p, row, &f, fresh);
	raise_severity(report, &s->merged_finding->found, &f);
	lh_report_see(report, &s->merged_finding->found, p, &f);
	f.count = f.count ? f.count : 1;
	s->merged_finding->found.count += f.count - s->count;
	s->count = f.count;
	return &s->merged_finding->found;
}

/* For a cycle by class: the same cycle of locks, potential or happened; NULL: none is reported. */
static struct merged_finding *find_by_locks(struct lh_report *report,
					    const struct merged_finding *k)
{
	struct lh_report_finding f = k->found;
	struct merged_finding *same;

	for (int i = 0; f.by_class && i < 2 && f.rule != LH_NO_RULE; i++) {
		same = *merged_as(report, &f);
		if (same && !same->found.by_class)
			return same;
		f.rule = f.other_rule;
		memcpy(f.fingerprint, f.other.now, sizeof(f.fingerprint));
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
	bool fresh;

	if (message)
		k->found.message = lh_arena_strdup(report->arena, message);
	old = find_by_locks(report, k);
	if (old)
		return &old->found;
	old = merge(report, k, &fresh);
	if (old->last != p)
		old->found.processes++;
	old->last = p;
	old->found.count++;
	lh_report_see(report, &old->found, p, row->time_ns ? row : NULL);
	return &old->found;
}

/* Two processes may each have a T1: give the thread a number of this finding, and its pid. */
static const struct lh_report_thread *foreign_thread(struct lh_report *report,
						     const struct lh_report_finding *f,
						     const struct lh_report_thread *thread)
{
	struct lh_report_thread *copy;

	for (uint32_t i = 0; i < f->threads; i++)
		if (f->thread[i]->process == thread->process && f->thread[i]->row == thread->row)
			return f->thread[i];
	copy = lh_arena_alloc(report->arena, sizeof(*copy));
	*copy = *thread;
	copy->id = f->threads + 1;
	copy->foreign_tid = thread->process->pid;
	return copy;
}

static bool spans_processes(const struct lh_cross_step *step, uint32_t n)
{
	for (uint32_t i = 1; i < n; i++)
		if (step[i].process != step[0].process)
			return true;
	return false;
}

static void add_cross_steps(struct lh_report *report, struct lh_report_finding *f,
			    const struct lh_cross_step *step, uint32_t n)
{
	bool many = spans_processes(step, n);

	for (uint32_t i = 0; i < n; i++) {
		struct lh_report_step a = row_to_step(report, step[i].process, &step[i].step);

		if (a.thread && many)
			a.thread = foreign_thread(report, f, a.thread);
		if (step[i].lock)
			a.lock = step[i].lock;
		add_step(report, f, &a);
	}
}

/* Numbers the threads in report order; their structs are copies that the finding owns. */
static void renumber_threads(struct lh_report_finding *f)
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
	struct merged_finding *k = new_finding(report, step[0].process, row), *old;
	struct lh_report_finding *f = &k->found;
	bool fresh;

	add_cross_steps(report, f, step, n);
	complete(report, f);
	/* that of the first step now, whichever thread closed the cycle */
	if (f->steps && f->step[0].thread)
		f->process = f->step[0].thread->process;
	if (spans_processes(step, n))
		renumber_threads(f);
	f->message = lh_arena_printf(report->arena, "%s%s", f->message, more);
	f->count = 1;
	old = merge(report, k, &fresh);
	if (old == k)
		f->processes = count_processes(step, n);
	for (uint32_t i = 0; old == k && i < n; i++)
		lh_report_see(report, f, step[i].process, NULL);
	return &old->found;
}
