/*
 * text_locks.c — the part of the text report about locks: the tables of locks and of their classes,
 * the wait pairs, and the five properties of each notable lock.
 */
#include "tools/render/lock_properties.h"

enum { WAIT_PAIRS_SHOWN = 12, LOCKS_SHOWN = 12 };

static const char *duration(const struct lh_view *v, uint64_t ns)
{
	return ns ? lh_report_time(v->report, ns) : "-";
}

static uint64_t taken(const struct lh_report_lock *lock)
{
	return lock->row.acquired + lock->row.shared;
}

static bool is_shown(const struct lh_report_lock *lock)
{
	return lock->row.kind != LH_THREAD_END && lh_kind_acts(lock->row.kind) != LH_COND &&
	       lock->row.kind != LH_BARRIER &&
	       (lock->row.kind != LH_FUTEX || lock->stats.contended);
}

/* ---- the tables ---- */

struct line {
	uint64_t taken, shared, contended, failed, wait_ns;
	struct lh_time_summary wait, hold;
	uint32_t queue;
	const char *name; /* clean */
};

static void show_line(struct lh_view *v, const struct line *l)
{
	fprintf(v->out, "%12llu %10llu %9llu %8llu %8s %8s %8s %8s %8s %8s %8s %5u  %s\n",
		(unsigned long long)l->taken, (unsigned long long)l->shared,
		(unsigned long long)l->contended, (unsigned long long)l->failed,
		duration(v, l->wait_ns), duration(v, l->wait.mean_ns), duration(v, l->wait.p99_ns),
		duration(v, l->wait.max_ns), duration(v, l->hold.mean_ns),
		duration(v, l->hold.p99_ns), duration(v, l->hold.max_ns), l->queue, l->name);
}

static void show_head(struct lh_view *v, const char *title)
{
	fprintf(v->out, "%12s %10s %9s %8s %8s %8s %8s %8s %8s %8s %8s %5s  %s\n", "acquired",
		"to read", "contended", "failed", "wait", "mean", "p99", "max", "hold mean", "p99",
		"max", "queue", title);
}

/* The readers or the writers of a lock, below the lock's line. */
static void show_histogram(struct lh_view *v, const struct lh_report_lock *lock, uint32_t mode)
{
	const struct lh_contention_stats *s = lock->contention;
	const struct line l = {.taken = mode ? lock->row.shared : lock->row.acquired,
			       .shared = mode ? lock->row.shared : 0,
			       .contended = s->wait[mode].n,
			       .wait_ns = s->wait[mode].mean_ns * s->wait[mode].n,
			       .wait = s->wait[mode],
			       .hold = s->hold[mode],
			       .name = mode ? "  its readers" : "  its writers"};

	show_line(v, &l);
}

/* A futex with the lock behind it. */
static const char *name_of(struct lh_view *v, const struct lh_report_lock *lock)
{
	const char *name = lh_view_clean(v, lock->name);

	if (lock->row.kind != LH_FUTEX || lock->kind_text == lock->kind)
		return name;
	return lock->named ? lh_arena_printf(v->arena, "%s (futex of a %s)", name, lock->kind_text)
			   : lh_arena_printf(v->arena, "%s (futex)", name);
}

static void show_row(struct lh_view *v, const struct lh_report_lock *lock)
{
	const struct line l = {.taken = taken(lock),
			       .shared = lock->row.shared,
			       .contended = lock->stats.contended,
			       .failed = lock->stats.tries_failed,
			       .wait_ns = lock->stats.wait_ns,
			       .wait = lh_report_lock_wait(lock),
			       .hold = lh_report_lock_hold(lock),
			       .queue = lh_report_lock_queue(lock),
			       .name = name_of(v, lock)};

	show_line(v, &l);
	if (!lock->contention || !lock->row.shared || !lock->row.acquired)
		return;
	show_histogram(v, lock, 0);
	show_histogram(v, lock, 1);
}

static void show_classes(struct lh_view *v)
{
	const struct lh_wait_stats *p = v->report->profile;

	if (!p || !p->classes)
		return;
	show_head(v, "locks initialized at the same place");
	for (uint32_t i = 0; i < p->classes; i++) {
		const struct lh_class_stats *b = p->class[i];
		const struct line l = {
			.taken = b->acquired + b->shared,
			.shared = b->shared,
			.contended = b->contended,
			.failed = b->tries_failed,
			.wait_ns = b->wait_ns,
			.wait = b->wait,
			.hold = b->hold,
			.queue = b->queue,
			.name = lh_view_clean(
				v, lh_arena_printf(v->arena, "%u: %s", b->locks, b->name))};
		show_line(v, &l);
	}
	fputc('\n', v->out);
}

static void show_table(struct lh_view *v)
{
	show_head(v, "lock");
	for (uint32_t i = 0; i < v->report->locks; i++)
		if (is_shown(v->report->busiest[i]))
			show_row(v, v->report->busiest[i]);
	fputs("Waits are exact. Holds are sampled: each hold after a wait, and one hold in 256 of "
	      "each thread (weight 256).\n"
	      "Percentiles have an error of at most 20 %; a lock without waits has them from the "
	      "8th measured hold on.\n\n",
	      v->out);
	show_classes(v);
}

/* ---- wait pairs ---- */

static void show_wait_pairs(struct lh_view *v)
{
	const struct lh_wait_stats *p = v->report->profile;
	uint32_t shown = 0;

	for (uint32_t i = 0; p && i < p->pairs && shown < WAIT_PAIRS_SHOWN; i++) {
		const struct lh_wait_pair_stats *c = p->pair[i];

		if (!c->waiter)
			continue;
		if (!shown++)
			fputs("which code waited for which holder (total wait, longest wait):\n",
			      v->out);
		fprintf(v->out, "%10s %8s  %s: %s waited", duration(v, c->ns),
			duration(v, c->worst_ns),
			lh_view_clean(v, lh_report_lock_text(v->report, c->lock)),
			lh_view_stack_text(v, c->waiter));
		if (c->holder)
			fprintf(v->out, " for %s", lh_view_stack_text(v, c->holder));
		fputc('\n', v->out);
	}
	if (shown)
		fputc('\n', v->out);
}

/* ---- the five properties ---- */

static void show_properties(struct lh_view *v, const struct lh_report_lock *lock)
{
	struct lh_property p[LH_PROPERTIES];

	lh_view_properties(v, lock, p);
	fprintf(v->out, "  %s\n", lh_view_clean(v, lock->name));
	for (int i = 0; i < LH_PROPERTIES; i++)
		fprintf(v->out, "    %-17s %s\n", p[i].name, p[i].text);
}

static void show_notable_locks(struct lh_view *v)
{
	uint32_t shown = 0, more = 0;

	for (uint32_t i = 0; i < v->report->locks; i++) {
		const struct lh_report_lock *lock = v->report->busiest[i];

		if (!is_shown(lock) || !lh_view_lock_is_notable(v, lock))
			continue;
		if (shown == LOCKS_SHOWN) {
			more++;
			continue;
		}
		if (!shown++)
			fputs("the five properties of synchronisation, for each lock:\n", v->out);
		show_properties(v, lock);
	}
	if (more)
		fprintf(v->out, "  and %u more\n", more);
	if (shown)
		fputc('\n', v->out);
}

void lh_render_text_locks(struct lh_view *v)
{
	show_table(v);
	show_wait_pairs(v);
	show_notable_locks(v);
}
