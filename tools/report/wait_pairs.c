/* Part of the room `model`: see lock_stats.h. */
#include "tools/report/report_internal.h"
#include "tools/report/lock_stats.h"

#include <stdlib.h>

static const struct lh_report_stack *trace_of(struct lh_report *m,
					      const struct lh_report_process *p, lh_site place)
{
	return place ? lh_report_get_stack(m, p, LH_SITE_STACK(place)) : NULL;
}

/* The lock itself says how long its queue was, and who waited longest. */
static void note_worst(struct lh_report *m, const struct lh_report_process *p,
		       const struct lh_wait_pair_stats *c, const struct lh_wait_pair *x)
{
	struct lh_report_lock *t = lh_report_get_lock(m, p, x->lock);

	if (!t || !c->waiter)
		return;
	t->seen_ns += c->seen_ns;
	if (c->queue > t->queue)
		t->queue = c->queue;
	if (!t->worst || c->worst_ns > t->worst->worst_ns)
		t->worst = c;
}

static void add_contact(struct lh_report *m, const struct lh_report_process *p,
			const struct lh_wait_pair *x)
{
	struct lh_wait_pair_stats *c = lh_arena_alloc(m->private_data->arena, sizeof(*c));

	*c = (struct lh_wait_pair_stats){.process = p,
					 .lock = lh_report_get_lock(m, p, x->lock),
					 .waiter = trace_of(m, p, x->waiter),
					 .holder = trace_of(m, p, x->holder),
					 .thread = x->thread ? lh_report_get_thread(m, p, x->thread)
							     : NULL,
					 .ns = x->ns,
					 .seen_ns = x->ns,
					 .worst_ns = x->worst_ns,
					 .samples = x->samples,
					 .queue = x->queue};
	LH_PUSH(m->private_data->arena, m->profile->pair, m->profile->pairs, c);
	note_worst(m, p, c, x);
}

static void add_stretch(struct lh_report *m, const struct lh_report_process *p,
			const struct lh_span *x)
{
	struct lh_report_span *s;

	if (x->wait > LH_WAIT_ONCE || x->to_ns < x->from_ns)
		return;
	s = lh_arena_alloc(m->private_data->arena, sizeof(*s));
	*s = (struct lh_report_span){.process = p,
				     .thread = lh_report_get_thread(m, p, x->thread),
				     .lock = lh_report_get_lock(m, p, x->lock),
				     .stack = trace_of(m, p, x->site),
				     .wait = (enum lh_wait)x->wait,
				     .from_ns = p->ledger->head.start_ns + x->from_ns,
				     .to_ns = p->ledger->head.start_ns + x->to_ns};
	LH_PUSH(m->private_data->arena, m->profile->span, m->profile->spans, s);
}

void lh_report_add_profile(struct lh_report *m, const struct lh_report_process *p)
{
	uint32_t pairs = lh_read_used(p->ledger, LH_T_WAIT_PAIR),
		 spans = lh_read_used(p->ledger, LH_T_SPAN);
	struct lh_wait_pair pair;
	struct lh_span span;

	if (!m->profile)
		m->profile = lh_arena_alloc(m->private_data->arena, sizeof(*m->profile));
	for (uint32_t i = 1; i < pairs; i++)
		if (lh_read_wait_pair(p->ledger, i, &pair))
			add_contact(m, p, &pair);
	for (uint32_t i = 1; i < spans; i++)
		if (lh_read_span(p->ledger, i, &span))
			add_stretch(m, p, &span);
	lh_report_add_monitor_rows(m, p);
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
 * A wait is met by chance and stands for the time between two looks then; how long all waits for a
 * lock were together is known. One that goes on still is not in that.
 */
static uint64_t scaled(const struct lh_wait_pair_stats *c)
{
	const struct lh_report_lock *t = c->waiter ? c->lock : NULL;
	bool goes_on = t && t->service && t->service->waiting;

	if (!t || !t->seen_ns || t->stats.wait_ns <= (goes_on ? t->seen_ns / 2 : 0))
		return c->seen_ns;
	return (uint64_t)((double)c->seen_ns * (double)t->stats.wait_ns / (double)t->seen_ns);
}

void lh_report_sort_profile(struct lh_report *m)
{
	for (uint32_t i = 0; m->profile && i < m->profile->pairs; i++)
		m->profile->pair[i]->ns = scaled(m->profile->pair[i]);
	if (m->profile && m->profile->pairs > 1)
		qsort(m->profile->pair, m->profile->pairs, sizeof(*m->profile->pair), by_time);
}
