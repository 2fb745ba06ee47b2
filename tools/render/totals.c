/* totals.c — sums over the processes of a report, and sentences about what limits its results. */
#include "tools/render/view.h"

struct lh_totals lh_view_totals(const struct lh_report *report)
{
	struct lh_totals t = {0};

	for (uint32_t i = 0; i < report->processes; i++) {
		const struct lh_report_process *p = report->process[i];

		t.threads += p->threads;
		t.locks += p->locks;
		t.acquired += p->acquired;
		t.dropped_locks += p->dropped_locks;
		t.dropped_stacks += p->dropped_stacks;
		t.dropped_chains += p->dropped_chains;
		t.dropped_events += p->dropped_events;
		t.dropped_findings += p->dropped_findings;
		t.searches_cut += p->searches_cut;
		t.unrecorded += p->unrecorded;
		t.locations_unknown += p->locations_unknown;
		t.shakes += p->shakes;
		t.shaken_ns += p->shaken_ns;
		t.seed = t.seed ? t.seed : p->shake;
		t.several_seeds |= p->shake && p->shake != t.seed;
	}
	return t;
}

/* Appends "3 locks" to a list. */
static void add(struct lh_view *v, const char **text, uint64_t n, const char *one, const char *many)
{
	if (n)
		*text = lh_arena_printf(v->arena, "%s%s%s", *text ? *text : "", *text ? ", " : "",
					lh_view_count(v, n, one, many));
}

static const char *dropped(struct lh_view *v, const struct lh_totals *t)
{
	const char *text = NULL;

	add(v, &text, t->dropped_locks, "lock", "locks");
	add(v, &text, t->dropped_stacks, "stack", "stacks");
	add(v, &text, t->dropped_chains, "dependency", "dependencies");
	add(v, &text, t->dropped_events, "event", "events");
	add(v, &text, t->dropped_findings, "finding", "findings");
	add(v, &text, t->searches_cut, "cycle search", "cycle searches");
	return text ? lh_arena_printf(v->arena, "dropped: %s; results may be incomplete", text)
		    : NULL;
}

struct lh_limits lh_view_limits(struct lh_view *v)
{
	const struct lh_totals t = lh_view_totals(v->report);
	const char *text = dropped(v, &t);
	struct lh_limits limits = {0};

	if (text)
		limits.text[limits.n++] = text;
	if (t.unrecorded)
		limits.text[limits.n++] = lh_arena_printf(
			v->arena,
			"not recorded: %s in signal handlers that interrupted liblockhound",
			lh_view_count(v, t.unrecorded, "call", "calls"));
	/* Without its location, a process-shared lock cannot be matched with that of another
	 * process. */
	if (t.locations_unknown)
		limits.text[limits.n++] = lh_arena_printf(
			v->arena,
			"the memory of %s is unknown: cycles through other processes that share it "
			"are not found",
			lh_view_count(v, t.locations_unknown, "process-shared lock",
				      "process-shared locks"));
	return limits;
}

const char *lh_view_shake(struct lh_view *v)
{
	const struct lh_totals t = lh_view_totals(v->report);
	const char *delays = lh_view_count(v, t.shakes, "delay", "delays"),
		   *time = lh_report_time(v->report, t.shaken_ns);

	if (t.several_seeds)
		return lh_arena_printf(v->arena, "several delay seeds: %s, %s", delays, time);
	if (t.seed)
		return lh_arena_printf(v->arena, "delay seed %u: %s, %s; --shake=%u repeats them",
				       t.seed, delays, time, t.seed);
	return NULL;
}

const char *lh_view_futex_waits(struct lh_view *v)
{
	struct lh_futex_waits all = lh_report_futex_waits(v->report);

	if (!all.n)
		return NULL;
	return lh_arena_printf(
		v->arena, "%s on locks that lockhound cannot intercept: %s in all, the longest %s",
		lh_view_count(v, all.n, "futex wait", "futex waits"),
		lh_report_time(v->report, all.ns), lh_report_time(v->report, all.max_ns));
}
