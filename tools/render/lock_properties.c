/* lock_properties.c — a lock's statistics and findings as one sentence for each property. */
#include "tools/render/lock_properties.h"

enum { PORTIONS_SHOWN = 4 };

const char *lh_view_stack_text(struct lh_view *v, const struct lh_report_stack *t)
{
	const struct lh_report_frame *best = lh_report_place(t);
	const char *at;

	if (!best)
		return "an unknown place";
	at = lh_view_at(v, best);
	return lh_arena_printf(
		v->arena, "%s%s%s%s", best->function ? lh_view_clean(v, best->function) : "",
		best->function && at ? " (" : "", at ? at : "", best->function && at ? ")" : "");
}

static const char *time_of(struct lh_view *v, uint64_t ns)
{
	return lh_report_time(v->report, ns);
}

static const char *who(struct lh_view *v, const struct lh_report_thread *p)
{
	return lh_view_clean(v, lh_report_thread_text(v->report, p));
}

/* ---- findings that name the lock ---- */

static bool names(const struct lh_report_finding *f, const struct lh_report_lock *lock)
{
	for (uint32_t i = 0; i < f->locks; i++)
		if (f->lock[i]->id == lock->id)
			return true;
	return false;
}

/* Rules and fingerprints: "deadlock 1f.., lock-order 2a.."; NULL none. */
static const char *findings(struct lh_view *v, const struct lh_report_lock *lock,
			    enum lh_rule_property property)
{
	const char *text = NULL;

	for (uint32_t i = 0; i < v->report->findings; i++) {
		const struct lh_report_finding *f = v->report->finding[i];

		if (lh_rule_is(f->rule, property) && names(f, lock))
			text = lh_arena_printf(v->arena, "%s%s%s %s%s%s%s", text ? text : "",
					       text ? ", " : "", lh_name_rule(f->rule),
					       f->fingerprint, f->proof ? " (" : "",
					       f->proof ? lh_name_verdict(f->proof->verdict) : "",
					       f->proof ? ")" : "");
	}
	return text;
}

/* ---- bounded waiting ---- */

static const char *bypassed(struct lh_view *v, const struct lh_contention_stats *s)
{
	const char *text;

	if (!s->bypassed_max)
		return "; no other thread acquired the lock during a wait";
	text = lh_arena_printf(v->arena,
			       "; other threads acquired the lock up to %s during one wait",
			       lh_view_count(v, s->bypassed_max, "time", "times"));
	if (s->bypassed_thread)
		text = lh_arena_printf(v->arena, "%s of %s", text, who(v, s->bypassed_thread));
	if (!s->overtaken_max)
		return lh_arena_printf(v->arena, "%s, never by threads that came later", text);
	return lh_arena_printf(v->arena, "%s; up to %llu times by threads that came later", text,
			       (unsigned long long)s->overtaken_max);
}

static const char *waiting(struct lh_view *v, const struct lh_report_lock *lock)
{
	const struct lh_contention_stats *s = lock->contention;
	const struct lh_time_summary w = lh_report_lock_wait(lock);
	const char *text = s && s->waiting ? "no wait ended" : "no thread waited";

	if (w.n)
		text = lh_arena_printf(v->arena, "the longest wait was %s, %s on average",
				       time_of(v, w.max_ns), time_of(v, w.mean_ns));
	if (w.n && w.p99_ns)
		text = lh_arena_printf(v->arena, "%s, 99 of 100 below %s", text,
				       time_of(v, w.p99_ns));
	if (lh_report_lock_queue(lock) > 1)
		text = lh_arena_printf(v->arena, "%s; up to %u waited at once", text,
				       lh_report_lock_queue(lock));
	if (w.n && s)
		text = lh_arena_printf(v->arena, "%s%s", text, bypassed(v, s));
	if (s && s->waiting)
		text = lh_arena_printf(v->arena,
				       lh_report_is_alive(lock->process)
					       ? "%s; %s is still waiting, for %s so far"
					       : "%s; %s was still waiting at the end, for %s",
				       text, who(v, s->waiting), time_of(v, s->waiting_ns));
	return text;
}

/* ---- no busy waiting ---- */

static const char *busy(struct lh_view *v, const struct lh_report_lock *lock)
{
	const struct lh_contention_stats *s = lock->contention;
	const struct lh_lock *l = &lock->row;
	const char *text = "no try-lock failed";

	if (lock->stats.tries_failed)
		text = lh_arena_printf(
			v->arena, "%s failed, never %d in a row",
			lh_view_count(v, lock->stats.tries_failed, "try-lock", "try-locks"),
			LH_TRIES_BUSY_WAIT);
	if (s && s->busy) {
		text = lh_arena_printf(
			v->arena, "%s failed, %s %d or more in a row, at most %llu",
			lh_view_count(v, lock->stats.tries_failed, "try-lock", "try-locks"),
			lh_view_count(v, s->busy, "time", "times"), LH_TRIES_BUSY_WAIT,
			(unsigned long long)s->busy_tries);
		if (s->busy_ns)
			text = lh_arena_printf(v->arena, "%s in %s", text, time_of(v, s->busy_ns));
		text = lh_arena_printf(v->arena, "%s, by %s at %s", text, who(v, s->busy_thread),
				       lh_view_stack_text(v, s->busy_stack));
	}
	if (l->kind == LH_SPIN && lock->stats.contended)
		text = lh_arena_printf(v->arena, "%s; %s were spent spinning", text,
				       time_of(v, lock->stats.wait_ns));
	if (s && s->busy_cpu_ns)
		text = lh_arena_printf(v->arena, "%s; busy waiting used %s of CPU, most at %s",
				       text, time_of(v, s->busy_cpu_ns),
				       lh_view_stack_text(v, s->busy_cpu_stack));
	return text;
}

/* ---- fairness ---- */

static unsigned percent(uint64_t part, uint64_t all)
{
	return all ? (unsigned)((100 * part + all / 2) / all) : 0;
}

static const char *portions(struct lh_view *v, const struct lh_contention_stats *s)
{
	const char *text = "";
	uint64_t rest = s->taken;
	uint32_t i;

	for (i = 0; i < s->shares && i < PORTIONS_SHOWN && s->share[i].thread; i++) {
		text = lh_arena_printf(v->arena, "%s%s%s %u %%", text, i ? ", " : "",
				       who(v, s->share[i].thread),
				       percent(s->share[i].taken, s->taken));
		rest -= s->share[i].taken;
	}
	if (i < s->shares)
		text = lh_arena_printf(v->arena, "%s%sall others %u %%", text, i ? ", " : "",
				       percent(rest, s->taken));
	return text;
}

static const char *fairness(struct lh_view *v, const struct lh_report_lock *lock)
{
	const struct lh_contention_stats *s = lock->contention;
	const char *text;

	if (!lock->stats.contended || !s || !s->taken)
		return s && s->waiting ? "no wait ended" : "no thread waited";
	text = lh_arena_printf(v->arena, "acquired by %s", portions(v, s));
	if (s->starved)
		text = lh_arena_printf(
			v->arena,
			"%s; %s waited longest in total: %s, for %u %% of the acquisitions", text,
			who(v, s->starved->thread), time_of(v, s->starved->wait_ns),
			percent(s->starved->taken, s->taken));
	if (lock->stats.owner_changes)
		text = lh_arena_printf(v->arena, "%s; the owner changed at least %u time%s", text,
				       lock->stats.owner_changes,
				       lock->stats.owner_changes == 1 ? "" : "s");
	return text;
}

void lh_view_properties(struct lh_view *v, const struct lh_report_lock *lock,
			struct lh_property out[LH_PROPERTIES])
{
	const char *misuse = findings(v, lock, LH_IS_MISUSE),
		   *stuck = findings(v, lock, LH_IS_WAITING);

	out[0] = (struct lh_property){"mutual exclusion", misuse ? misuse : "no misuse was seen"};
	out[1] = (struct lh_property){"progress", stuck ? stuck : "no cycle of waits was seen"};
	out[2] = (struct lh_property){"bounded waiting", waiting(v, lock)};
	out[3] = (struct lh_property){"no busy waiting", busy(v, lock)};
	out[4] = (struct lh_property){"fairness", fairness(v, lock)};
}

bool lh_view_lock_is_notable(struct lh_view *v, const struct lh_report_lock *lock)
{
	if (lock->row.kind == LH_FUTEX) /* perhaps no lock, and never seen to be held */
		return false;
	return lock->stats.contended || lock->stats.tries_failed ||
	       (lock->contention && lock->contention->waiting) || findings(v, lock, LH_IS_MISUSE) ||
	       findings(v, lock, LH_IS_WAITING);
}
