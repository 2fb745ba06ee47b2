/* lock_stats.c — the statistics of each lock and of each class of locks. */
#include "tools/report/report_internal.h"
#include "tools/report/lock_stats.h"
#include "libcheck/base/histogram.h"

#include <stdlib.h>
#include <string.h>

/* ---- durations ---- */

static void add_histogram(struct lh_histogram *to, const struct lh_histogram *from)
{
	to->n += from->n;
	to->ns += from->ns;
	if (from->max_ns > to->max_ns)
		to->max_ns = from->max_ns;
	for (uint32_t i = 0; i < LH_BUCKETS; i++)
		to->bucket[i] = to->bucket[i] > UINT32_MAX - from->bucket[i]
					? UINT32_MAX
					: to->bucket[i] + from->bucket[i];
}

/* The end of the bucket that contains the 99th percentile, at most the maximum. */
static uint64_t p99_of(const struct lh_histogram *t)
{
	uint64_t all = 0, below = 0;
	uint32_t i = 0;

	for (uint32_t k = 0; k < LH_BUCKETS; k++)
		all += t->bucket[k];
	if (!all)
		return 0;
	while (i + 1 < LH_BUCKETS && (below += t->bucket[i]) * 100 < all * 99)
		i++;
	return i + 1 < LH_BUCKETS && lh_bucket_end(i) < t->max_ns ? lh_bucket_end(i) : t->max_ns;
}

static struct lh_time_summary spread_of(const struct lh_histogram *t)
{
	return (struct lh_time_summary){t->n, t->n ? t->ns / t->n : 0, p99_of(t), t->max_ns};
}

static struct lh_time_summary spread_of_two(const struct lh_histogram two[2])
{
	struct lh_histogram both = two[0];

	add_histogram(&both, &two[1]);
	return spread_of(&both);
}

struct lh_time_summary lh_report_lock_wait(const struct lh_report_lock *lock)
{
	return (struct lh_time_summary){
		.n = lock->stats.contended,
		.mean_ns = lock->stats.contended ? lock->stats.wait_ns / lock->stats.contended : 0,
		.p99_ns = lock->contention ? lock->contention->all_waits.p99_ns : 0,
		.max_ns = lock->stats.wait_max_ns};
}

struct lh_time_summary lh_report_lock_hold(const struct lh_report_lock *lock)
{
	struct lh_time_summary s = {.n = lock->stats.hold_samples,
				    .max_ns = lock->stats.hold_max_ns};

	if (lock->contention && lock->contention->all_holds.n) {
		s.mean_ns = lock->contention->all_holds.mean_ns;
		s.p99_ns = lock->contention->all_holds.p99_ns;
	} else if (s.n) {
		s.mean_ns = lock->stats.hold_ns / s.n;
	}
	return s;
}

uint32_t lh_report_lock_queue(const struct lh_report_lock *lock)
{
	uint32_t counted = lock->contention ? lock->contention->queue : 0;

	return counted > lock->queue ? counted : lock->queue;
}

/* ---- thread shares ---- */

static int by_taken(const void *x, const void *y)
{
	const struct lh_report_thread_share *a = x, *b = y;

	if (!a->thread != !b->thread)
		return a->thread ? -1 : 1;
	if (a->taken != b->taken)
		return a->taken > b->taken ? -1 : 1;
	return a->wait_ns > b->wait_ns ? -1 : a->wait_ns < b->wait_ns;
}

static void add_thread_shares(struct lh_report *report, const struct lh_report_process *p,
			      struct lh_contention_stats *s, const struct lh_contention *contention)
{
	struct lh_report_thread_share *list =
		lh_arena_alloc(report->arena, LH_THREAD_SHARES * sizeof(*list));
	uint64_t most = 0;

	for (uint32_t i = 0; i < LH_THREAD_SHARES; i++) {
		const struct lh_thread_share *x = &contention->share[i];
		if (!x->thread)
			continue;
		list[s->shares++] = (struct lh_report_thread_share){
			.thread = x->thread == LH_THREAD_SHARE_OTHERS
					  ? NULL
					  : lh_report_get_thread(report, p, x->thread),
			.taken = x->taken,
			.waits = x->waits,
			.wait_ns = x->wait_ns,
			.wait_max_ns = x->wait_max_ns,
			.bypassed_max = x->bypassed_max};
		s->taken += x->taken;
	}
	qsort(list, s->shares, sizeof(*list), by_taken);
	s->share = list;
	for (uint32_t i = 0; i < s->shares; i++)
		if (list[i].thread && list[i].wait_ns > most) {
			most = list[i].wait_ns;
			s->starved = &list[i];
		}
}

/* ---- one lock ---- */

static struct lh_contention_stats *contention_of(struct lh_report *report,
						 struct lh_report_lock *lock)
{
	if (!lock->contention)
		lock->contention = lh_arena_alloc(report->arena, sizeof(*lock->contention));
	return lock->contention;
}

void lh_report_add_lock_stats(struct lh_report *report, struct lh_report_lock *lock)
{
	const struct lh_report_process *p = lock->process;
	struct lh_contention_stats *s;
	struct lh_contention contention;

	if (lock->counted || !lh_read_contention(p->ledger, &lock->row, lock->lock, &contention))
		return;
	lock->counted = true;
	s = contention_of(report, lock);
	for (int i = 0; i < 2; i++) {
		s->wait[i] = spread_of(&contention.wait[i]);
		s->hold[i] = spread_of(&contention.hold[i]);
	}
	s->all_waits = spread_of_two(contention.wait);
	s->all_holds = spread_of_two(contention.hold);
	s->queue = contention.queue;
	s->bypassed = contention.bypassed;
	s->bypassed_max = contention.bypassed_max;
	s->bypassed_thread = lh_report_get_thread(report, p, contention.bypassed_thread);
	s->overtaken = contention.overtaken;
	s->overtaken_max = contention.overtaken_max;
	s->busy = contention.busy;
	s->busy_tries = contention.busy_tries;
	s->busy_ns = contention.busy_ns;
	s->busy_thread = lh_report_get_thread(report, p, contention.busy_thread);
	s->busy_stack = lh_report_site_stack(report, p, contention.busy_site);
	add_thread_shares(report, p, s, &contention);
}

/* ---- busy waits, from the monitor, and waits that go on at the end ---- */

static void add_busy_wait(struct lh_report *report, const struct lh_report_process *p,
			  const struct lh_busy_wait *b)
{
	struct lh_report_lock *lock = lh_report_get_lock(report, p, b->lock);
	struct lh_contention_stats *s = lock ? contention_of(report, lock) : NULL;

	if (!s)
		return;
	s->busy_cpu_ns += b->cpu_ns;
	if (!s->busy_cpu_stack || b->worst_ns > s->busy_cpu_worst_ns) {
		s->busy_cpu_stack = lh_report_site_stack(report, p, b->site);
		s->busy_cpu_worst_ns = b->worst_ns;
	}
}

static void add_waiting(struct lh_report *report, const struct lh_report_process *p,
			const struct lh_live_thread *live)
{
	uint64_t end = p->ledger->head.end_ns;
	struct lh_report_lock *lock;
	struct lh_contention_stats *s;

	if (live->state != LH_LIVE_ATTACHED || !live->wait_lock || live->wait_on != LH_WAIT_LOCK)
		return;
	lock = lh_report_get_lock(report, p, live->wait_lock);
	if (!lock || lock->row.flags & LH_LOCK_SIGNAL || lock->row.kind == LH_THREAD_END)
		return;
	s = contention_of(report, lock);
	uint64_t ns = end > live->wait_since_ns ? end - live->wait_since_ns : 0;
	if (!s->waiting || ns > s->waiting_ns) {
		s->waiting = lh_report_get_thread(report, p, live->thread);
		s->waiting_ns = ns;
	}
}

void lh_report_add_monitor_rows(struct lh_report *report, const struct lh_report_process *p)
{
	uint32_t n = lh_read_used(p->ledger, LH_T_BUSY_WAIT),
		 live_threads = lh_read_used(p->ledger, LH_T_LIVE_THREAD);
	struct lh_busy_wait b;
	struct lh_live_thread live;

	for (uint32_t i = 1; i < n; i++)
		if (lh_read_busy_wait(p->ledger, i, &b))
			add_busy_wait(report, p, &b);
	for (uint32_t i = 1; i < live_threads; i++)
		if (lh_read_live_thread(p->ledger, i, &live))
			add_waiting(report, p, &live);
}

/* ---- classes ---- */

struct class_group {
	struct lh_class_stats class_stats; /* first: the report stores a pointer to it */
	const struct lh_report_lock *some;
	struct lh_histogram wait, hold;
};

static void count_in(struct class_group *n, const struct lh_report_lock *lock)
{
	const struct lh_lock *l = &lock->row;
	uint32_t queue = lh_report_lock_queue(lock);
	struct lh_contention contention;

	n->class_stats.locks++;
	n->some = n->some ? n->some : lock;
	n->class_stats.acquired += l->acquired;
	n->class_stats.shared += l->shared;
	n->class_stats.contended += lock->stats.contended;
	n->class_stats.tries_failed += lock->stats.tries_failed;
	n->class_stats.wait_ns += lock->stats.wait_ns;
	if (queue > n->class_stats.queue)
		n->class_stats.queue = queue;
	if (!lh_read_contention(lock->process->ledger, l, lock->lock, &contention))
		return;
	for (int i = 0; i < 2; i++) {
		add_histogram(&n->wait, &contention.wait[i]);
		add_histogram(&n->hold, &contention.hold[i]);
	}
}

static int by_wait(const void *x, const void *y)
{
	const struct lh_class_stats *a = *(struct lh_class_stats *const *)x,
				    *b = *(struct lh_class_stats *const *)y;

	if (a->wait_ns != b->wait_ns)
		return a->wait_ns > b->wait_ns ? -1 : 1;
	if (a->contended != b->contended)
		return a->contended > b->contended ? -1 : 1;
	return strcmp(a->name, b->name);
}

static void add_class(struct lh_report *report, struct class_group *n)
{
	const char *at = lh_report_place_text(report, n->some->init_stack);

	n->class_stats.kind = n->some->kind;
	n->class_stats.name =
		at ? lh_arena_printf(report->arena, "%s of %s", n->some->kind, at) : n->some->class;
	n->class_stats.wait = spread_of(&n->wait);
	n->class_stats.hold = spread_of(&n->hold);
	LH_PUSH(report->arena, report->profile->class, report->profile->classes, &n->class_stats);
}

void lh_report_count_classes(struct lh_report *report)
{
	struct lh_arena *arena = report->arena;
	struct class_group **group = NULL, *g;
	struct lh_map by_class = {0};
	uint32_t groups = 0;

	if (!report->profile)
		return;
	report->profile->classes = 0;
	for (uint32_t i = 0; i < report->locks; i++) {
		const struct lh_report_lock *lock = report->lock[i];
		if (lock->row.kind == LH_THREAD_END)
			continue;
		g = lh_map_get(&by_class, arena, lock->class, strlen(lock->class), sizeof(*g));
		if (!g->some)
			LH_PUSH(arena, group, groups, g);
		count_in(g, lock);
	}
	for (uint32_t i = 0; i < groups; i++)
		if (group[i]->class_stats.locks > 1)
			add_class(report, group[i]);
	if (report->profile->classes > 1)
		qsort(report->profile->class, report->profile->classes,
		      sizeof(*report->profile->class), by_wait);
}
