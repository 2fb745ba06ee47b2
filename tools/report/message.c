/*
 * message.c — every sentence about a finding: its message, its steps, its schedule.
 *
 * "can" if it has not happened, "is" or "has" if it has. A message is a row with placeholders; the
 * code that fills them in is the same for all rules.
 */
#include "tools/report/report_internal.h"
#include "tools/util/duration.h"

#include <stdio.h>
#include <string.h>

/*
 * The placeholders of the messages in libcheck/rules.def:
 * {who}     the thread of the last step
 * {other}   the thread of the first step; "itself" if it is {who}
 * {lock}    the lock of the last step that has one
 * {held}    the lock of the first step that holds one
 * {first}   the lock of the first step
 * {locks}   all locks: 'a', 'b' and 'c'
 * {threads} all threads
 * {time}    the duration of the finding
 * {holder}  the thread of the first step
 * {call}    the note of the first step that is a call
 */
/* The phrase of a step; LH_NO_RULE: for rules without a row for this action. */
static const struct {
	enum lh_rule rule;
	enum lh_action action;
	const char *past, *now;
} step_texts[] = {
	{LH_RULE_DESTROY_HELD, LH_CALLS, "destroyed %s", "destroys %s"},
	{LH_RULE_EXIT_HOLDING, LH_HOLDS, "acquired %s and did not release it", "holds %s"},
	{LH_RULE_EXIT_HOLDING, LH_CALLS, "ended", "ends"},
	{LH_RULE_FORK_HOLDING, LH_CALLS, "forked", "forks"},
	{LH_RULE_COND_WAIT_UNLOCKED, LH_RELEASES, "passed %s to the wait without holding it",
	 "passes %s to the wait without holding it"},
	{LH_RULE_COND_TWO_MUTEXES, LH_RELEASES, "passed %s to the wait", "passes %s to the wait"},
	{LH_RULE_BLOCKING_CALL, LH_CALLS, "blocked", "blocks"},
	{LH_RULE_LONG_HOLD, LH_WAITS_FOR, "waited for %s", "waits for %s"},
	{LH_RULE_DEADLOCK, LH_CALLS, "cancelled this wait", "cancels this wait"},
	{LH_RULE_SELF_DEADLOCK, LH_CALLS, "cancelled this wait", "cancels this wait"},
	{LH_RULE_LOCK_ORDER, LH_CALLS, "signalled %s", "signals %s"},
	{LH_RULE_COND_WAIT_HOLDING, LH_CALLS, "signalled %s", "signals %s"},
	{LH_NO_RULE, LH_HOLDS, "acquired %s", "holds %s"},
	{LH_NO_RULE, LH_WANTS, "tried to acquire %s", "waits for %s"},
	{LH_NO_RULE, LH_WAITS_FOR, "waits for %s", "waits for %s"},
	{LH_NO_RULE, LH_CALLS, "called", "calls"},
	{LH_NO_RULE, LH_RELEASES, "released %s", "releases %s"},
	{LH_NO_RULE, LH_JOINS, "waits for %s", "waits for %s"},
	{LH_NO_RULE, LH_USES, "used %s", "uses %s"},
	{LH_NO_RULE, LH_DESTROYS, "destroyed %s", "destroys %s"},
};

static const char *const whys[LH_FILTERS] = {
	[LH_F_NONE] = "it counts",
	[LH_F_THREADS] = "one thread would have to wait at two steps of the cycle",
	[LH_F_GATE] = "two of the paths hold a common lock and so never run at the same time",
	[LH_F_ORDERED] = "one of the paths ends before another one begins",
	[LH_F_READERS] = "readers do not wait for readers",
	[LH_F_TRY] = "a try-lock does not wait",
	[LH_F_TIMED] = "a wait with a time limit ends",
};

const char *lh_name_filter_reason(enum lh_filter f)
{
	return whys[f < LH_FILTERS ? f : LH_F_NONE];
}

const char *lh_report_time(const struct lh_report *report, uint64_t ns)
{
	struct lh_arena *p = report->arena;

	if (ns >= LH_DURATION_LONG_S * 1000000000ull)
		return lh_duration_text((double)ns / 1e9, lh_arena_alloc(p, LH_DURATION_TEXT));
	if (ns >= 10000000000ull)
		return lh_arena_printf(p, "%llu s", (unsigned long long)(ns / 1000000000));
	if (ns >= 1000000000)
		return lh_arena_printf(p, "%.1f s", (double)(ns / 100000000) / 10);
	if (ns >= 1000000)
		return lh_arena_printf(p, "%llu ms", (unsigned long long)(ns / 1000000));
	if (ns >= 10000)
		return lh_arena_printf(p, "%llu us", (unsigned long long)(ns / 1000));
	if (ns >= 1000)
		return lh_arena_printf(p, "%.1f us", (double)(ns / 100) / 10);
	return lh_arena_printf(p, "%llu ns", (unsigned long long)ns);
}

/* ---- steps ---- */

static const char *step_format(enum lh_rule rule, enum lh_action action, bool now)
{
	for (size_t i = 0; i < sizeof(step_texts) / sizeof(step_texts[0]); i++)
		if ((step_texts[i].rule == rule || step_texts[i].rule == LH_NO_RULE) &&
		    step_texts[i].action == action)
			return now ? step_texts[i].now : step_texts[i].past;
	return "used %s";
}

static bool waits(const struct lh_report_step *a)
{
	return a->action == LH_WANTS || a->action == LH_WAITS_FOR;
}

static const char *mode_suffix(const struct lh_report_step *a)
{
	if (a->lock && lh_kind_acts(a->lock->row.kind) == LH_COND)
		return "";
	if (a->mode == LH_SHARED)
		return " to read";
	if (a->lock && lh_kind_acts(a->lock->row.kind) == LH_RWLOCK &&
	    (a->action == LH_HOLDS || waits(a)))
		return " to write";
	return "";
}

/* What a step is about; a thread that `hang` found may wait for something that is no lock. */
static const char *object_text(const struct lh_report *report, const struct lh_report_step *a)
{
	if (a->lock || (a->action != LH_WAITS_FOR && a->action != LH_JOINS))
		return lh_report_lock_text(report, a->lock);
	return a->action == LH_JOINS ? "the end of a thread" : "a raw futex";
}

static const char *step_text(const struct lh_report *report, const struct lh_report_finding *f,
			     const struct lh_report_step *a, bool now, const char *format)
{
	struct lh_arena *p = report->arena;
	const char *lock_text = object_text(report, a), *placeholder, *how;

	if (a->lock && a->lock->row.kind == LH_FUTEX && a->action == LH_HOLDS)
		return lh_arena_printf(p, "woke others in %s", lock_text);
	if (a->note && a->action == LH_CALLS)
		return f->rule == LH_RULE_BLOCKING_CALL
			       ? lh_arena_printf(p, now ? "blocks in %s" : "blocked in %s", a->note)
			       : a->note;
	if (a->lock && a->lock->row.kind == LH_THREAD_END && a->action == LH_HOLDS)
		return now ? "is still running" : "had not ended";
	placeholder = strstr(format, "%s");
	if (!placeholder)
		return format;
	how = a->how == LH_TIMED && waits(a) ? " with a time limit" : "";
	return lh_arena_printf(p, "%.*s%s%s%s%s%s%s", (int)(placeholder - format), format,
			       lock_text, mode_suffix(a), how, placeholder + 2, a->note ? " " : "",
			       a->note ? a->note : "");
}

const char *lh_report_step_text(const struct lh_report *report, const struct lh_report_finding *f,
				const struct lh_report_step *a, bool now)
{
	return step_text(report, f, a, now, step_format(f->rule, a->action, now));
}

/* A cycle in the present tense, whether it happened or not; a mistake in the past tense. */
const char *lh_report_step_brief(const struct lh_report *report, const struct lh_report_finding *f,
				 const struct lh_report_step *a)
{
	bool now = lh_report_is_going_on(f) || lh_rule_is(f->rule, LH_IS_WAITING);

	return step_text(report, f, a, now,
			 now && a->action == LH_WANTS && f->level == LH_POTENTIAL
				 ? "wants %s"
				 : step_format(f->rule, a->action, now));
}

const char *lh_report_cycle_text(const struct lh_report *report, const struct lh_report_finding *f)
{
	const char *text = NULL;

	if (!f->cycle)
		return NULL;
	for (uint32_t i = 0; i < f->cycle_parts; i++) {
		const char *name = f->part[i].holds->lock->name;

		text = text ? lh_arena_printf(report->arena, "%s -> %s", text, name) : name;
	}
	return lh_arena_printf(report->arena, "%s -> %s", text, f->part[0].holds->lock->name);
}

/* T2 of one process is not T2 of another: then threads are named by letters. */
static bool has_foreign_threads(const struct lh_report_finding *f)
{
	for (uint32_t i = 0; i < f->threads; i++)
		if (f->thread[i]->process != f->process || f->thread[i]->foreign_tid)
			return true;
	return false;
}

const char *lh_report_part_label(const struct lh_report *report, const struct lh_report_finding *f,
				 uint32_t part)
{
	if (f->part[part].thread && !has_foreign_threads(f))
		return lh_arena_printf(report->arena, "T%u", f->part[part].thread->id);
	return lh_arena_printf(report->arena, "thread %c", 'A' + (char)(part % 26));
}

const char *lh_report_schedule(const struct lh_report *report, const struct lh_report_finding *f)
{
	const char *text = "";
	uint32_t waiting = 0;

	if (!f->cycle)
		return NULL;
	for (uint32_t i = 0; i < f->parts; i++) {
		bool queues = f->part[i].queued_writer;

		waiting += !queues;
		text = lh_arena_printf(
			report->arena, "%s%s %s; ", text, lh_report_part_label(report, f, i),
			queues ? "waits as a queued writer"
			       : lh_report_step_text(report, f, f->part[i].holds, true));
	}
	for (uint32_t i = 0, n = 0; i < f->parts; i++)
		if (!f->part[i].queued_writer)
			text = lh_arena_printf(
				report->arena, "%s%s %s%s", text,
				lh_report_part_label(report, f, i),
				lh_report_step_text(report, f, f->part[i].does, true),
				++n < waiting ? "; " : ": ");
	return lh_arena_printf(
		report->arena, "%s%s%s", text,
		waiting == 2 ? "neither continues" : "none of them continues",
		f->by_class ? ", if each lock is the instance that the next thread holds" : "");
}

bool lh_report_is_alive(const struct lh_report_process *p)
{
	return p->ledger->head.end == LH_END_UNKNOWN || p->ledger->head.end == LH_END_RUNNING;
}

bool lh_report_is_going_on(const struct lh_report_finding *f)
{
	return f->open && lh_report_is_alive(f->process);
}

/* ---- lists ---- */

enum { NAMED_MAX = 4 };

static const char *join(struct lh_arena *p, const char *list, const char *next, bool last)
{
	return list ? lh_arena_printf(p, "%s%s%s", list, last ? " and " : ", ", next) : next;
}

/* ---- the consequence ---- */

/* "T2, T3 and T4"; many threads are only counted. */
static const char *waiting_threads(const struct lh_report *report,
				   const struct lh_report_finding *f)
{
	bool foreign = has_foreign_threads(f);
	const char *text = NULL;
	uint32_t n = 0, i = 0;

	for (uint32_t k = 0; k < f->parts; k++)
		n += !f->part[k].queued_writer;
	if (n > NAMED_MAX)
		return lh_arena_printf(report->arena, "These %u threads", n);
	for (uint32_t k = 0; k < f->parts; k++)
		if (!f->part[k].queued_writer)
			text = join(report->arena, text,
				    foreign ? lh_report_thread_text(report, f->part[k].thread)
					    : lh_report_part_label(report, f, k),
				    ++i == n);
	return text;
}

const char *lh_report_consequence(const struct lh_report *report, const struct lh_report_finding *f)
{
	if (f->proof && (f->proof->verdict == LH_VERDICT_CONFIRMED ||
			 f->proof->verdict == LH_VERDICT_CONTRADICTED))
		return NULL;
	if (f->ended && f->level > LH_POTENTIAL)
		return "It happened in this run, but it did not last.";
	if (f->level == LH_POTENTIAL && !f->ended && lh_rule_is(f->rule, LH_IS_WAITING))
		return lh_arena_printf(report->arena, "It did not happen in this run. %s",
				       f->meaning);
	if (!f->cycle || !lh_rule_is(f->rule, LH_IS_DEADLOCK) || f->ended || f->likely)
		return f->meaning;
	return lh_arena_printf(report->arena,
			       lh_report_is_alive(f->process)
				       ? "%s wait for each other now: none of them can continue."
				       : "%s waited for each other until the process ended.",
			       waiting_threads(report, f));
}

/* ---- messages ---- */

static const char *all_locks(const struct lh_report *report, const struct lh_report_finding *f)
{
	uint32_t left_out = 0;
	const char *text = NULL;

	if (f->cycle) { /* their other locks are not in the cycle */
		for (uint32_t i = 0; i < f->cycle_parts; i++)
			text = join(report->arena, text,
				    lh_report_lock_text(report, f->part[i].holds->lock),
				    i + 1 == f->cycle_parts);
		return text;
	}
	for (uint32_t i = 0; i < f->steps; i++)
		left_out += f->step[i].left_out;
	for (uint32_t i = 0; i < f->locks; i++)
		text = join(report->arena, text, lh_report_lock_text(report, f->lock[i]),
			    i + 1 == f->locks && !left_out);
	if (left_out)
		text = join(report->arena, text,
			    lh_arena_printf(report->arena, "%u more lock%s", left_out,
					    left_out > 1 ? "s" : ""),
			    true);
	return text ? text : "a lock";
}

static const char *all_threads(const struct lh_report *report, const struct lh_report_finding *f)
{
	const char *text = NULL;

	const struct lh_report_step *ended_by = lh_report_ended_by(f);
	uint32_t n = f->threads - (ended_by && ended_by->thread); /* which is the last one */

	if (f->rule == LH_RULE_LOST_SIGNAL && n > NAMED_MAX)
		return lh_arena_printf(report->arena, "all %u threads", n);
	for (uint32_t i = 0; i < n; i++)
		text = join(report->arena, text, lh_report_thread_text(report, f->thread[i]),
			    i + 1 == n);
	return text ? text : "threads";
}

static const struct lh_report_lock *first_held(const struct lh_report_finding *f)
{
	if (f->told && f->parts && f->part[0].holds) /* it may hold others too */
		return f->part[0].holds->lock;
	for (uint32_t i = 0; i < f->steps; i++)
		if (f->step[i].action == LH_HOLDS)
			return f->step[i].lock;
	return f->steps ? f->step[0].lock : NULL;
}

static const struct lh_report_lock *last_lock(const struct lh_report_finding *f)
{
	for (uint32_t i = f->steps; i-- > 0;)
		if (f->step[i].lock)
			return f->step[i].lock;
	return NULL;
}

static const char *first_thread(const struct lh_report *report, const struct lh_report_finding *f)
{
	const struct lh_report_thread *first = f->steps ? f->step[0].thread : NULL;

	if (first && first == f->step[f->steps - 1].thread)
		return "itself";
	return first ? lh_report_thread_text(report, first) : "another thread";
}

static const char *thread_at(const struct lh_report *report, const struct lh_report_finding *f,
			     uint32_t i)
{
	return i < f->steps && f->step[i].thread ? lh_report_thread_text(report, f->step[i].thread)
						 : "a thread";
}

static const char *what_is_called(const struct lh_report_finding *f)
{
	for (uint32_t i = 0; i < f->steps; i++)
		if (f->step[i].action == LH_CALLS && f->step[i].note)
			return f->step[i].note;
	return "a call";
}

static const char *placeholder_text(const struct lh_report *report,
				    const struct lh_report_finding *f, const char *placeholder,
				    size_t n)
{
	if (n == 5 && strncmp(placeholder, "{who}", n) == 0)
		return thread_at(report, f, f->steps - 1 - (lh_report_ended_by(f) != NULL));
	if (n == 7 && strncmp(placeholder, "{other}", n) == 0)
		return first_thread(report, f);
	if (n == 6 && strncmp(placeholder, "{lock}", n) == 0)
		return f->rule == LH_RULE_LOST_SIGNAL && f->steps
			       ? object_text(report, &f->step[f->steps - 1])
			       : lh_report_lock_text(report, last_lock(f));
	if (n == 6 && strncmp(placeholder, "{held}", n) == 0)
		return lh_report_lock_text(report, first_held(f));
	if (n == 7 && strncmp(placeholder, "{first}", n) == 0)
		return lh_report_lock_text(report, f->steps ? f->step[0].lock : NULL);
	if (n == 7 && strncmp(placeholder, "{locks}", n) == 0)
		return all_locks(report, f);
	if (n == 9 && strncmp(placeholder, "{threads}", n) == 0)
		return all_threads(report, f);
	if (n == 8 && strncmp(placeholder, "{holder}", n) == 0)
		return thread_at(report, f, 0);
	if (n == 6 && strncmp(placeholder, "{call}", n) == 0)
		return what_is_called(f);
	return lh_report_time(report, f->duration_ns); /* {time} */
}

/* The rule's message, with its placeholders. */
static const char *message_of(const struct lh_report_finding *f)
{
	const struct lh_rule_row *row = lh_rule_row(f->rule);

	if (f->rule == LH_RULE_LOST_SIGNAL && f->level > LH_POTENTIAL && f->threads == 1)
		return "{who} waits for {lock}, and no thread is left that can end that";
	if (lh_report_is_going_on(f) && row->open)
		return row->open;
	if (f->open && f->rule == LH_RULE_LONG_HOLD)
		return "{holder} held {held} for {time} and did not release it";
	return f->level > LH_POTENTIAL && row->is ? row->is : row->can;
}

/* What is true of a deadlock that did not last. */
static const char *end_text(const struct lh_report *report, const struct lh_report_finding *f)
{
	const struct lh_report_step *by = lh_report_ended_by(f);

	if (!f->ended || f->level > LH_POTENTIAL)
		return "";
	if (!by)
		return "; this time the wait ended";
	return lh_arena_printf(report->arena, "; this time %s %s",
			       lh_report_thread_text(report, by->thread),
			       lh_report_step_text(report, f, by, false));
}

/* Of a deadlock with one wait in a futex. */
static const char *likely_message(const struct lh_report *report, const struct lh_report_finding *f)
{
	const struct lh_report_step *waits_there = NULL, *woke = NULL;

	for (uint32_t i = 0; i < f->steps; i++) {
		const struct lh_report_step *a = &f->step[i];

		if (a->lock && a->lock->row.kind == LH_FUTEX)
			*(a->action == LH_HOLDS ? &woke : &waits_there) = a;
	}
	if (!woke || !waits_there)
		return message_of(f);
	return lh_arena_printf(report->arena,
			       "likely deadlock: %s wait for each other, if only %s can wake %s in "
			       "%s",
			       all_threads(report, f), lh_report_thread_text(report, woke->thread),
			       lh_report_thread_text(report, waits_there->thread),
			       lh_report_lock_text(report, woke->lock));
}

const char *lh_report_message(const struct lh_report *report, const struct lh_report_finding *f)
{
	static const char by_class[] = "{locks} are acquired in conflicting orders (by lock class "
				       "only): on the same instances this can deadlock";
	static const char told[] = "{holder} joins {who} while it holds {held}: this can deadlock "
				   "unless {holder} waits for {lock} before";
	static const char assumed[] =
		"{locks} are acquired in conflicting orders: this can "
		"deadlock if these acquisitions wait, and no join orders them";
	const char *at = f->by_class  ? by_class
			 : f->told    ? told
			 : f->assumed ? assumed
				      : message_of(f);
	const char *text = "", *placeholder;

	if (f->likely)
		return lh_report_proved_message(report, f->proof, likely_message(report, f));
	while ((placeholder = strchr(at, '{')) != NULL) {
		size_t n = strcspn(placeholder, "}") + 1;

		text = lh_arena_printf(report->arena, "%s%.*s%s", text, (int)(placeholder - at), at,
				       placeholder_text(report, f, placeholder, n));
		at = placeholder + n;
	}
	text = lh_arena_printf(report->arena, "%s%s%s", text, at, end_text(report, f));
	return lh_report_proved_message(report, f->proof, text);
}
