/* wait_pairs.c — the wait pairs and spans that the monitor sampled, see lock_stats.h. */
#include "tools/report/report_internal.h"
#include "tools/report/lock_stats.h"

#include <stdlib.h>

/* Adds the pair to the lock's sampled wait time, queue and worst wait. */
static void add_to_lock(struct lh_report *report, const struct lh_report_process *p,
			const struct lh_wait_pair_stats *c, const struct lh_wait_pair *x)
{
	struct lh_report_lock *lock = lh_report_get_lock(report, p, x->lock);

	if (!lock || !c->waiter)
		return;
	lock->seen_ns += c->seen_ns;
	if (c->queue > lock->queue)
		lock->queue = c->queue;
	if (!lock->worst || c->worst_ns > lock->worst->worst_ns)
		lock->worst = c;
}

static void add_pair(struct lh_report *report, const struct lh_report_process *p,
		     const struct lh_wait_pair *x)
{
	struct lh_wait_pair_stats *c = lh_arena_alloc(report->arena, sizeof(*c));

	*c = (struct lh_wait_pair_stats){.process = p,
					 .lock = lh_report_get_lock(report, p, x->lock),
					 .waiter = lh_report_site_stack(report, p, x->waiter),
					 .holder = lh_report_site_stack(report, p, x->holder),
					 .thread = lh_report_get_thread(report, p, x->thread),
					 .ns = x->ns,
					 .seen_ns = x->ns,
					 .worst_ns = x->worst_ns,
					 .samples = x->samples,
					 .queue = x->queue};
	LH_PUSH(report->arena, report->profile->pair, report->profile->pairs, c);
	add_to_lock(report, p, c, x);
}

static void add_span(struct lh_report *report, const struct lh_report_process *p,
		     const struct lh_span *x)
{
	struct lh_report_span *s;

	if (x->wait > LH_WAIT_ONCE || x->to_ns < x->from_ns)
		return;
	s = lh_arena_alloc(report->arena, sizeof(*s));
	*s = (struct lh_report_span){.process = p,
				     .thread = lh_report_get_thread(report, p, x->thread),
				     .lock = lh_report_get_lock(report, p, x->lock),
				     .stack = lh_report_site_stack(report, p, x->site),
				     .owner = lh_report_get_thread(report, p, x->owner),
				     .wait = (enum lh_wait)x->wait,
				     .from_ns = p->ledger->head.start_ns + x->from_ns,
				     .to_ns = p->ledger->head.start_ns + x->to_ns};
	LH_PUSH(report->arena, report->profile->span, report->profile->spans, s);
}

void lh_report_add_profile(struct lh_report *report, const struct lh_report_process *p)
{
	uint32_t pairs = lh_read_used(p->ledger, LH_T_WAIT_PAIR),
		 spans = lh_read_used(p->ledger, LH_T_SPAN);
	struct lh_wait_pair pair;
	struct lh_span span;

	if (!report->profile)
		report->profile = lh_arena_alloc(report->arena, sizeof(*report->profile));
	for (uint32_t i = 1; i < pairs; i++)
		if (lh_read_wait_pair(p->ledger, i, &pair))
			add_pair(report, p, &pair);
	for (uint32_t i = 1; i < spans; i++)
		if (lh_read_span(p->ledger, i, &span))
			add_span(report, p, &span);
	lh_report_add_monitor_rows(report, p);
}

static int by_time(const void *x, const void *y)
{
	const struct lh_wait_pair_stats *a = *(struct lh_wait_pair_stats *const *)x,
					*b = *(struct lh_wait_pair_stats *const *)y;

	if (a->ns != b->ns)
		return a->ns > b->ns ? -1 : 1;
	return a->worst_ns > b->worst_ns ? -1 : a->worst_ns < b->worst_ns;
}

/*
 * Scales a pair's sampled time so that the pairs of a lock add up to the lock's exact wait time. A
 * sampled wait stands for one sampling interval. A wait that goes on is not in the exact time: then
 * the pair is scaled only if the exact time is more than half of the sampled time.
 */
static uint64_t scaled(const struct lh_wait_pair_stats *c)
{
	const struct lh_report_lock *lock = c->waiter ? c->lock : NULL;
	bool goes_on = lock && lock->contention && lock->contention->waiting;

	if (!lock || !lock->seen_ns || lock->stats.wait_ns <= (goes_on ? lock->seen_ns / 2 : 0))
		return c->seen_ns;
	return (uint64_t)((double)c->seen_ns * (double)lock->stats.wait_ns / (double)lock->seen_ns);
}

void lh_report_sort_profile(struct lh_report *report)
{
	for (uint32_t i = 0; report->profile && i < report->profile->pairs; i++)
		report->profile->pair[i]->ns = scaled(report->profile->pair[i]);
	if (report->profile && report->profile->pairs > 1)
		qsort(report->profile->pair, report->profile->pairs, sizeof(*report->profile->pair),
		      by_time);
}
