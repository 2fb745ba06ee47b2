/*
 * happens_before.c — does one segment happen before another, along happens-before edges?
 *
 * A thread runs in segments, numbered upwards. An edge (a, s) -> (b, r) says that what thread a did
 * up to its segment s happens before what thread b does from its segment r on. One segment happens
 * before another if a path of edges leads from the first to the second. The search goes forward
 * from the first and keeps for each thread the earliest segment that is known to come after it.
 *
 * A wait that a cancellation ends, now or when it begins later, happens before what follows the
 * cancellation: so the path may begin with an edge of kind LH_HB_CANCEL.
 *
 * The threads of a team have the same phases (ledger.h: LH_HB_TEAM_FORK), so the edges of a team
 * are two for each thread, however many regions there are.
 */
#include "libcheck/order_graph/order_graph_internal.h"

#define NEVER UINT32_MAX /* no thread has a segment of this number */

struct walk {
	uint32_t first, last; /* queue of threads, linked through lh_order_thread.queue */
};

static void reach(struct lh_order_graph *graph, struct walk *w, lh_thread_id t, uint32_t segment)
{
	struct lh_order_thread *l;

	if (t >= graph->size.threads)
		return;
	l = &graph->thread[t];
	if (l->reached_seen == graph->mark && l->reached <= segment)
		return;
	if (l->reached_seen != graph->mark)
		l->queue = 0;
	l->reached_seen = graph->mark;
	l->reached = segment;
	if (l->queue || w->last == t)
		return; /* in the queue already */
	if (w->last)
		graph->thread[w->last].queue = t;
	else
		w->first = t;
	w->last = t;
}

static lh_thread_id pop(struct lh_order_graph *graph, struct walk *w)
{
	lh_thread_id t = w->first;

	w->first = graph->thread[t].queue;
	graph->thread[t].queue = 0;
	if (!w->first)
		w->last = 0;
	return t;
}

static uint32_t later(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

/* The segment of thread e->b before which the segment `from` of thread e->a happens; NEVER: none.
 */
static uint32_t leads_to(const struct lh_hb_edge *e, uint32_t from)
{
	uint32_t at;

	switch (e->what) {
	case LH_HB_TEAM_FORK:
		at = later(lh_phase_from(from), e->b_segment);
		return at <= e->a_segment ? at : NEVER;
	case LH_HB_TEAM_JOIN:
		at = later(from, e->b_segment);
		return at <= e->a_segment ? lh_phase_from(at) : NEVER;
	default:
		return from <= e->a_segment ? e->b_segment : NEVER;
	}
}

bool lh_happens_before(struct lh_order_graph *graph, lh_thread_id a, uint32_t a_segment,
		       lh_thread_id b, uint32_t b_segment, bool cancellable)
{
	struct walk w = {0, 0};

	graph->mark++;
	reach(graph, &w, a, a_segment);
	while (w.first) {
		lh_thread_id t = pop(graph, &w);
		for (uint32_t i = graph->thread[t].hb_edge; i; i = graph->hb_edge_next[i]) {
			const struct lh_hb_edge *e = &graph->rows.hb_edge[i];
			uint32_t to = leads_to(e, graph->thread[t].reached);
			if (to == NEVER || (e->what == LH_HB_CANCEL && !(cancellable && t == a)))
				continue;
			if (e->b == b && to <= b_segment)
				return true;
			reach(graph, &w, e->b, to);
			if (!lh_order_budget_spend(graph, 1))
				return false; /* the caller sees the empty budget */
		}
	}
	return false;
}
