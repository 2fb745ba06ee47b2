/*
 * reason.c — the sentences of the verdicts.
 *
 * A contradiction names two places and what orders them: "T3 reaches x.c:61 only after T2 signals
 * 'ready' at x.c:40, and T2 does that only after it has acquired 'b' at x.c:31". What a thread does
 * after its last stop is done outside the cycle: then it waits for nothing of the cycle any more.
 */
#include "tools/confirm/reason.h"

#include <string.h>

#include "tools/confirm/plan.h"
#include "tools/util/arena.h"

struct writer {
	struct lh_report *report;               /* of the finding: owns the texts */
	const struct lh_report_finding *f, *of; /* as it is shown; whose cycle was tried */
	const struct lh_reason_facts *facts;
	const struct lh_steered *row; /* of the decisive attempt; NULL none */
};

/* ---- places and threads ---- */

/* The step at the last stop of a part. NULL: there is no such part. */
static const struct lh_report_step *last_step(const struct writer *w, uint32_t part)
{
	return part < w->of->parts ? w->of->part[part].does : NULL;
}

static const char *place(const struct writer *w, const struct lh_report_step *a)
{
	const char *at = a ? lh_report_frame_text(w->report, a->frame) : NULL;

	return at ? at : "its place in the cycle";
}

static const char *thread(const struct writer *w, uint32_t part)
{
	return part < w->f->parts ? lh_report_part_label(w->report, w->f, part) : "a thread";
}

/* "acquires 'b'", "has acquired 'b'", "joins T4"; the waits of a cycle are such calls. */
static const char *acquires(const struct writer *w, const struct lh_report_step *a, bool done)
{
	const struct lh_report_lock *lock = a ? a->lock : NULL;

	if (lock && lock->row.kind == LH_THREAD_END)
		return lh_arena_printf(w->report->arena, "%s %s",
				       done ? "has waited for" : "waits for",
				       lh_report_lock_text(w->report, lock));
	return lh_arena_printf(w->report->arena, "%s %s", done ? "has acquired" : "acquires",
			       lh_report_lock_text(w->report, lock));
}

/* ---- what ordered two threads ---- */

/* The stack of a site of the decisive attempt; NULL: not known. */
static const struct lh_report_stack *stack_at(const struct writer *w, lh_site site)
{
	const struct lh_reason_facts *x = w->facts;

	return x->process && LH_SITE_STACK(site)
		       ? lh_report_get_stack(x->report, x->process, LH_SITE_STACK(site))
		       : NULL;
}

/* " at x.c:40"; "" if it is not known. */
static const char *at_place(const struct writer *w, const struct lh_report_stack *stack)
{
	const char *at =
		stack ? lh_report_frame_text(w->facts->report, lh_report_place(stack)) : NULL;

	return at ? lh_arena_printf(w->report->arena, " at %s", at) : "";
}

/* Did the thread that goes first wake the other one itself? */
static bool is_waker(const struct writer *w)
{
	return w->row->waker == w->row->earlier;
}

/* The thread of the decisive attempt that woke the other one: that of a part, or another. */
static const char *waker(const struct writer *w)
{
	const struct lh_reason_facts *x = w->facts;
	const struct lh_report_thread *t;

	if (is_waker(w))
		return thread(w, w->row->before);
	t = x->process ? lh_report_get_thread(x->report, x->process, w->row->waker) : NULL;
	if (!t || t->unnamed || !t->name[0])
		return t && t->main ? "the main thread" : "another thread";
	return lh_arena_printf(w->report->arena, "the thread '%s'", t->name);
}

/* The stack where the thread that came was created; NULL: not known. */
static const struct lh_report_stack *creation(const struct writer *w)
{
	const struct lh_reason_facts *x = w->facts;
	const struct lh_report_thread *t =
		x->process ? lh_report_get_thread(x->report, x->process, w->row->thread) : NULL;

	return t ? t->created : NULL;
}

static bool is_in(const struct lh_report_frame *f, const struct lh_report_stack *stack)
{
	for (uint32_t i = 0; i < stack->n; i++)
		if (stack->frame[i].function && f->function &&
		    strcmp(stack->frame[i].function, f->function) == 0)
			return true;
	return false;
}

/*
 * The frame that called the place of a wake-up: in the innermost function that also leads to the
 * last stop of the thread that goes first, so that the reader sees both there; of another thread
 * in the first other file. NULL: the place is that frame.
 */
static const struct lh_report_frame *caller_of(const struct writer *w,
					       const struct lh_report_stack *stack)
{
	const struct lh_report_step *before = last_step(w, w->row->before);
	const struct lh_report_frame *place = lh_report_place(stack);
	uint32_t i = place ? (uint32_t)(place - stack->frame) : stack->n;

	for (; i < stack->n; i++) {
		const struct lh_report_frame *f = &stack->frame[i];
		if (is_waker(w) ? before && is_in(f, before->stack)
				: f->file && place->file && strcmp(f->file, place->file) != 0)
			return f == place || !f->line || f->system ? NULL : f;
	}
	return NULL;
}

/* " at x.c:40 (called at x.c:44)"; "" if it is not known. */
static const char *wake_place(const struct writer *w)
{
	const struct lh_report_stack *stack = stack_at(w, w->row->wake_site);
	const struct lh_report_frame *caller = stack ? caller_of(w, stack) : NULL;

	return caller ? lh_arena_printf(w->report->arena, "%s (called at %s)", at_place(w, stack),
					lh_report_frame_text(w->facts->report, caller))
		      : at_place(w, stack);
}

/* What a thread does to an object so that another one goes on. A lock of Python is a semaphore. */
static const char *wake_verb(const struct lh_report_lock *lock)
{
	if (lock->row.kind == LH_SEM && lock->kind_text != lock->kind)
		return "releases";
	switch (lh_kind_acts(lock->row.kind)) {
	case LH_COND:
		return "signals";
	case LH_SEM:
		return "posts";
	case LH_BARRIER:
		return "arrives at";
	case LH_ONCE:
	case LH_GUARD:
		return "has finished";
	case LH_FUTEX:
		return "wakes it in";
	default:
		return "releases";
	}
}

/* What the waker does: "signals 'ready' at x.c:40". NULL: not known. */
static const char *wake_text(const struct writer *w)
{
	const struct lh_reason_facts *x = w->facts;
	const struct lh_report_lock *lock =
		x->process ? lh_report_get_lock(x->report, x->process, w->row->object) : NULL;
	struct lh_arena *p = w->report->arena;

	if (!w->row->waker || (w->row->object && !lock))
		return NULL;
	if (!w->row->object)
		return lh_arena_printf(p, "creates it%s", at_place(w, creation(w)));
	if (lock->row.kind == LH_THREAD_END)
		return lh_arena_printf(p, "ends, which it waits for%s",
				       at_place(w, stack_at(w, w->row->wait_site)));
	return lh_arena_printf(p, "%s %s%s", wake_verb(lock), lh_report_lock_text(x->report, lock),
			       wake_place(w));
}

static const char *count_attempts(const struct writer *w, uint32_t n)
{
	return lh_arena_printf(w->report->arena, n == 1 ? "%u attempt" : "%u attempts", n);
}

/*
 * Do the two threads run the same code? Then any of them is in either part: the finding's threads
 * and locks are not those of the attempt.
 */
static bool are_alike(const struct writer *w)
{
	const struct lh_report_step *before = last_step(w, w->row->before),
				    *after = last_step(w, w->row->after);
	bool alike = before && after && before->stack->n == after->stack->n;

	for (uint32_t i = 0; alike && i < before->stack->n; i++)
		alike = before->stack->frame[i].address == after->stack->frame[i].address &&
			before->stack->frame[i].line == after->stack->frame[i].line;
	return alike;
}

/* "T3 was seen to get to x.c:61 only after T2 had passed x.c:31"; if both places are one line, also
 * what they acquire there. */
static const char *seen_order(const struct writer *w)
{
	uint32_t before = w->row->before, after = w->row->after;
	const struct lh_report_step *first = last_step(w, before), *second = last_step(w, after);
	const char *from = place(w, first), *to = place(w, second);
	struct lh_arena *p = w->report->arena;

	if (are_alike(w))
		return lh_arena_printf(p,
				       "one thread was seen to get to %s only after another one "
				       "had passed that line",
				       to);
	if (first && second && strcmp(from, to) == 0) {
		from = lh_arena_printf(p, "that line, for %s",
				       lh_report_lock_text(w->report, first->lock));
		to = lh_arena_printf(p, "%s, for %s,", to,
				     lh_report_lock_text(w->report, second->lock));
	}
	return lh_arena_printf(p, "%s was seen to get to %s only after %s had passed %s",
			       thread(w, after), to, thread(w, before), from);
}

/* "one thread reaches x.c:61 only after another one posts 'turn' at x.c:63, and that is after it
 * has passed x.c:61" */
static const char *order_of_alike(const struct writer *w, const char *does)
{
	const char *at = place(w, last_step(w, w->row->after));

	return lh_arena_printf(
		w->report->arena,
		"one thread reaches %s only after another one %s, and that is after %s "
		"has passed %s",
		at, does, is_waker(w) ? "it" : "a third one", at);
}

/* "T3 reaches x.c:61 only after T2 posts 'ready' at x.c:40, and T2 does that after it has acquired
 * 'b' at x.c:31" */
static const char *order_of(const struct writer *w, const char *does)
{
	const struct lh_report_step *before = last_step(w, w->row->before);
	const char *then = is_waker(w) ? lh_arena_printf(w->report->arena,
							 "and %s does that after it", waker(w))
				       : lh_arena_printf(w->report->arena, "which happens after %s",
							 thread(w, w->row->before));

	return lh_arena_printf(w->report->arena, "%s reaches %s only after %s %s, %s %s at %s",
			       thread(w, w->row->after), place(w, last_step(w, w->row->after)),
			       waker(w), does, then, acquires(w, before, true), place(w, before));
}

static const char *contradicted(const struct writer *w)
{
	const struct lh_outcome *o = &w->facts->outcome;
	const char *does;

	if (!w->row)
		return "two of its threads were never at their places at the same time";
	does = wake_text(w);
	if (o->seen || !does) /* it may have waited for a flag */
		return lh_arena_printf(w->report->arena, "%s, in %u of %s", seen_order(w),
				       o->refuting, count_attempts(w, o->runs - o->lates));
	return are_alike(w) ? order_of_alike(w, does) : order_of(w, does);
}

/* ---- the other verdicts ---- */

static const char *confirmed(const struct writer *w)
{
	return lh_arena_printf(w->report->arena, "the deadlock happened in %u of %u steered runs",
			       w->facts->outcome.hits, w->facts->outcome.runs);
}

/* How often a thread came to a stop, in all attempts. */
static uint64_t visits(const struct writer *w, uint32_t part, uint32_t stop)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < w->facts->outcome.runs; i++)
		n += w->facts->attempt[i].row.part[part].visits[stop];
	return n;
}

static const char *not_reached(const struct writer *w)
{
	const struct lh_outcome *o = &w->facts->outcome;
	const struct lh_report_step *missed = lh_plan_step(w->of, o->part, o->stop);
	const char *text =
		lh_arena_printf(w->report->arena, "no thread came to %s, where %s %s, in %s",
				place(w, missed), thread(w, o->part), acquires(w, missed, false),
				count_attempts(w, o->runs - o->lates));
	uint64_t before = o->stop ? visits(w, o->part, o->stop - 1u) : 0;

	return before ? lh_arena_printf(w->report->arena,
					"%s; threads came to %s before it %llu times", text,
					place(w, lh_plan_step(w->of, o->part, o->stop - 1u)),
					(unsigned long long)before)
		      : text;
}

/* Of how many attempts it is true, and what else is to be said. */
static const struct {
	const char *text; /* NULL: the order that was seen */
	enum { NO_COUNT, ALL, REFUTING } count;
	const char *tail;
} open_texts[LH_OPENS] = {
	[LH_OPEN_NONE] = {"the attempts do not tell", NO_COUNT, ""},
	[LH_OPEN_NO_ATTEMPT] = {"no time was left for an attempt", NO_COUNT, ""},
	[LH_OPEN_NO_ROW] = {"no process could be steered", ALL, ""},
	[LH_OPEN_REFUSED] =
		{"the pauses were cut short, by the limit of an attempt or by time limits of the "
		 "program",
		 ALL, ""},
	[LH_OPEN_CLOSED] = {"its threads were at their places at the same time, and no deadlock "
			    "there followed",
			    ALL, ""},
	[LH_OPEN_INSTANCES] = {"its threads met, but each held another lock than the others wanted",
			       ALL, ""},
	[LH_OPEN_EARLY] = {NULL, REFUTING,
			   "; but the order was another one when a thread started late"},
	[LH_OPEN_MIXED] = {"one thread came only after another had passed", REFUTING,
			   "; in others it did not"},
	[LH_OPEN_SHARED] = {NULL, REFUTING, "; but other processes share a lock of the cycle"},
	[LH_OPEN_INCOMPLETE] = {NULL, NO_COUNT,
				"; but those attempts deadlocked elsewhere or were ended"},
	[LH_OPEN_FEW] = {NULL, REFUTING, "; that may be chance"},
	[LH_OPEN_APART] = {"its threads came to their places, but never at the same time", ALL, ""},
};

/* What the threads did in attempts that tell nothing certain. */
static const char *left_open(const struct writer *w)
{
	const struct lh_outcome *o = &w->facts->outcome;
	struct lh_arena *p = w->report->arena;
	enum lh_open why = o->open < LH_OPENS ? o->open : LH_OPEN_NONE;
	const char *text = open_texts[why].text;

	if (w->facts->why)
		return lh_arena_strdup(p, w->facts->why);
	if (!text)
		text = w->row ? seen_order(w) : open_texts[LH_OPEN_MIXED].text;
	if (open_texts[why].count == ALL)
		text = lh_arena_printf(p, "%s, in %s", text, count_attempts(w, o->runs - o->lates));
	if (open_texts[why].count == REFUTING)
		text = lh_arena_printf(p, "%s, in %u of %s", text, o->refuting,
				       count_attempts(w, o->runs - o->lates));
	if (why == LH_OPEN_APART)
		text = lh_arena_printf(p, "%s; %s was paused at %s in vain", text,
				       thread(w, o->part),
				       place(w, lh_plan_step(w->of, o->part, o->stop)));
	return lh_arena_printf(p, "%s%s", text, open_texts[why].tail);
}

void lh_prove(struct lh_report *report, struct lh_report_finding *f,
	      const struct lh_reason_facts *facts)
{
	const struct lh_outcome *o = &facts->outcome;
	struct lh_proof *proof = lh_arena_alloc(report->arena, sizeof(*proof));
	struct writer w = {report, f, facts->of ? facts->of : f, facts, NULL};
	const struct lh_report_step *before = NULL, *after = NULL;

	if (o->attempt < o->runs && facts->attempt[o->attempt].row.before < f->cycle_parts &&
	    facts->attempt[o->attempt].row.after < f->cycle_parts)
		w.row = &facts->attempt[o->attempt].row;
	*proof = (struct lh_proof){.verdict = o->verdict, .runs = o->runs, .hits = o->hits};
	if (o->verdict == LH_VERDICT_CONFIRMED) {
		proof->reason = confirmed(&w);
	} else if (o->verdict == LH_VERDICT_CONTRADICTED) {
		proof->reason = contradicted(&w);
		before = w.row ? last_step(&w, w.row->before) : NULL;
		after = w.row ? last_step(&w, w.row->after) : NULL;
	} else if (o->verdict == LH_VERDICT_NOT_REACHED) {
		proof->reason = not_reached(&w);
		before = lh_plan_step(w.of, o->part, o->stop);
	} else {
		proof->reason = left_open(&w);
	}
	proof->before = before ? before->frame : NULL;
	proof->after = after ? after->frame : NULL;
	proof->replay = facts->replay ? lh_arena_strdup(report->arena, facts->replay) : NULL;
	lh_report_set_proof(report, f, proof);
}
