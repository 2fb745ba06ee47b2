/* phrases.c — the phrases of the hang report: threads, locks, waits, stacks. */
#include "tools/util/escape.h"
#include "tools/hang/writer.h"
#include "tools/symbols/source_lines.h"

#include <string.h>

enum { NAMES_SHOWN = 8 };

const char *lh_hang_clean(const struct lh_hang_writer *g, const char *text)
{
	return lh_escape(g->arena, LH_ESCAPE_TEXT, text ? text : "");
}

const char *lh_hang_thread_text(const struct lh_hang_writer *g, uint32_t thread)
{
	const struct lh_hang_thread *t = &g->hang->thread[thread];
	const char *name = lh_report_thread_text(
		g->report, lh_report_get_thread(g->report, g->process, t->id));

	if (t->foreign_process && strstr(name, lh_arena_printf(g->arena, "%d", t->tid)))
		return lh_hang_clean(g, name); /* the name already contains the thread id */
	if (g->folded)
		return lh_hang_clean(g, name);
	return lh_arena_printf(g->arena, "%s (%d)", lh_hang_clean(g, name), t->tid);
}

/* The lock as the findings name it: they number locks that have one name. */
static const struct lh_report_lock *in_finding(const struct lh_hang_writer *g,
					       const struct lh_report_lock *lock)
{
	for (uint32_t i = 0; i < g->report->findings; i++)
		for (uint32_t k = 0; k < g->report->finding[i]->locks; k++)
			if (g->report->finding[i]->lock[k]->id == lock->id)
				return g->report->finding[i]->lock[k];
	return lock;
}

const char *lh_hang_lock_text(const struct lh_hang_writer *g, lh_lock_id lock)
{
	const struct lh_report_lock *t = lh_report_get_lock(g->report, g->process, lock);

	return lh_hang_clean(g, lh_report_lock_text(g->report, t ? in_finding(g, t) : NULL));
}

bool lh_hang_is_lock(const struct lh_hang_writer *g, lh_lock_id id)
{
	const struct lh_report_lock *lock = lh_report_get_lock(g->report, g->process, id);

	return lock && lock->row.kind != LH_THREAD_END;
}

const char *lh_hang_plural(const struct lh_hang_writer *g, uint32_t n, const char *one,
			   const char *more)
{
	return lh_arena_printf(g->arena, "%u %s", n, n == 1 ? one : more);
}

const char *lh_hang_thread_list(const struct lh_hang_writer *g, const uint32_t *list, uint32_t n)
{
	const char *text = "";

	for (uint32_t i = 0; i < n && i < NAMES_SHOWN; i++)
		text = lh_arena_printf(g->arena, "%s%s%s", text, i ? ", " : "",
				       lh_hang_thread_text(g, list[i]));
	if (n > NAMES_SHOWN)
		text = lh_arena_printf(g->arena, "%s and %u more", text, n - NAMES_SHOWN);
	return text;
}

/* ---- stacks ---- */

static const char *site_of(const struct lh_hang_writer *g, const struct lh_report_frame *f)
{
	const char *base;

	if (f->file && f->line)
		return lh_arena_printf(g->arena, "%s:%u",
				       lh_hang_clean(g, lh_path_last_parts(f->file)), f->line);
	base = f->module ? strrchr(f->module, '/') : NULL;
	return lh_arena_printf(g->arena, "%s+%#llx", base ? lh_hang_clean(g, base + 1) : "?",
			       (unsigned long long)f->offset);
}

void lh_hang_stack(const struct lh_hang_writer *g, lh_stack_id stack)
{
	const struct lh_report_stack *t = lh_report_get_stack(g->report, g->process, stack);
	uint32_t shown = 0;

	for (uint32_t i = 0; i < t->n; i++)
		if (!t->frame[i].ours)
			fprintf(g->out, "      #%-2u %s  %s\n", shown++,
				t->frame[i].function ? lh_hang_clean(g, t->frame[i].function)
						     : "??",
				site_of(g, &t->frame[i]));
	if (t->cut)
		fputs("      ... the stack continues\n", g->out);
}

const char *lh_hang_at(const struct lh_hang_writer *g, lh_stack_id stack)
{
	const struct lh_report_frame *f =
		lh_report_place(lh_report_get_stack(g->report, g->process, stack));

	if (!f)
		return "";
	return lh_arena_printf(g->arena, ", at %s%s%s", site_of(g, f), f->function ? " in " : "",
			       f->function ? lh_hang_clean(g, f->function) : "");
}

/* ---- waits ---- */

bool lh_hang_same_wait(const struct lh_hang_thread *a, const struct lh_hang_thread *b)
{
	return a->lock == b->lock && a->wait.kind == b->wait.kind &&
	       a->wait.timed == b->wait.timed && a->foreign_tid == b->foreign_tid &&
	       a->wait.mode == b->wait.mode;
}

static const char *holders(const struct lh_hang_writer *g, const struct lh_hang_thread *t)
{
	if (t->foreign_tid && t->owner_gone)
		return lh_arena_printf(
			g->arena,
			", whose owner %d is not visible here (ended, or in another PID namespace)",
			t->foreign_tid);
	if (t->foreign_tid)
		return lh_arena_printf(g->arena, ", held by thread %d of another process",
				       t->foreign_tid);
	if (t->n_blockers == 1 && g->hang->thread[t->blockers[0]].ended)
		return ", whose owner is not a thread of this process";
	if (t->n_blockers)
		return lh_arena_printf(g->arena, ", held by %s",
				       lh_hang_thread_list(g, t->blockers, t->n_blockers));
	if (t->wait.readers)
		return lh_arena_printf(
			g->arena, ", held by %s",
			lh_hang_plural(g, t->wait.readers, "unknown reader", "unknown readers"));
	if ((lh_kind_row(t->wait.kind)->family == LH_FAMILY_GLIB ||
	     lh_kind_row(t->wait.kind)->family == LH_FAMILY_OPENMP) &&
	    !t->live)
		return ", whose owner is unknown";
	return "";
}

static const char *at_barrier(const struct lh_hang_writer *g, const struct lh_hang_thread *t)
{
	if (!t->wait.missing)
		return lh_arena_printf(g->arena, "at %s", lh_hang_lock_text(g, t->lock));
	return lh_arena_printf(g->arena, "at %s for %u more threads", lh_hang_lock_text(g, t->lock),
			       t->wait.missing);
}

static const char *signals(const struct lh_hang_writer *g, const struct lh_hang_thread *t)
{
	if (t->never_signalled)
		return " (never signalled)";
	if (!t->signalled)
		return "";
	return lh_arena_printf(g->arena, " (signalled%s)", lh_hang_at(g, t->signalled) + 1);
}

/* A futex records no owner: the thread, other than the waiter, that woke others there last. */
static const char *woken_by(const struct lh_hang_writer *g, const struct lh_hang_thread *t)
{
	const struct lh_report_lock *lock = lh_report_get_lock(g->report, g->process, t->lock);
	bool own = lock && lock->row.thread == t->id;
	const struct lh_report_thread *waker =
		!lock ? NULL
		: own ? lh_report_get_thread(g->report, g->process, lock->stats.other_waker)
		      : lock->waker;

	if (!waker)
		return "";
	return lh_arena_printf(g->arena, ", where %s woke others last%s",
			       lh_hang_clean(g, lh_report_thread_text(g->report, waker)),
			       own ? "" : lh_hang_at(g, lock->row.wake_stack));
}

const char *lh_hang_wait_target(const struct lh_hang_writer *g, const struct lh_hang_thread *t)
{
	switch (lh_kind_acts(t->wait.kind)) {
	case LH_THREAD_END:
		return t->lock ? lh_arena_printf(g->arena, "for %s", lh_hang_lock_text(g, t->lock))
			       : "for the end of a thread";
	case LH_COND:
		return lh_arena_printf(g->arena, "on %s%s", lh_hang_lock_text(g, t->lock),
				       signals(g, t));
	case LH_BARRIER:
		return at_barrier(g, t);
	case LH_FUTEX:
		return lh_arena_printf(g->arena, "for %s%s", lh_hang_lock_text(g, t->lock),
				       woken_by(g, t));
	case LH_NOTHING:
		return "on a raw futex";
	default:
		return lh_arena_printf(g->arena, "for %s%s", lh_hang_lock_text(g, t->lock),
				       holders(g, t));
	}
}

const char *lh_hang_wait_reason(const struct lh_hang_thread *t, bool deadlocked)
{
	if (deadlocked && lh_kind_acts(t->wait.kind) == LH_COND)
		return ": no thread is left that can signal the condition";
	if (deadlocked && t->wait.kind == LH_SEM && !t->n_blockers)
		return ": no thread is left that can post the semaphore";
	if (deadlocked && t->wait.kind == LH_BARRIER)
		return ": no thread is left that can arrive";
	return "";
}

const char *lh_hang_activity_text(const struct lh_hang_writer *g, const struct lh_hang_thread *t)
{
	if (t->doing && g->folded) /* "reads on descriptor 0 (pipe:[3727993])" */
		return lh_hang_clean(g, lh_arena_printf(g->arena, "%.*s",
							(int)strcspn(t->doing, "("), t->doing));
	if (t->doing)
		return lh_hang_clean(g, t->doing);
	return g->hang->peek->no_access ? "does not wait for a lock" : "is in a system call";
}
