/*
 * told.c — may a thread that is joined under a lock have told the joiner before that it will not
 * acquire the lock any more?
 *
 * Thread J joins T while it holds M, and T wants L: M, or a lock that leads to M in a longer cycle.
 * But when T signals a condition, once and after (or in) its last hold of L, and J waits on that
 * condition, or a thread that comes before the join does, then J probably waits for just that
 * before it joins. Signals order nothing for certain (docs/theory.md), so such a cycle is a warning
 * and no error.
 *
 * CPython's own conditions say nothing of what a thread will do: every thread signals them.
 *
 * J does not wait if T has signalled before J looks. So it also suffices that T signals while it
 * holds M, unless only other threads were seen to wait on the condition.
 *
 * The library begins a new segment of a thread at its first signal through a chain (cond_sem_once.c
 * of events/). So an acquisition after the signal is a visit in a later segment.
 */
#include "libcheck/order_graph/order_graph_internal.h"

static bool is_signal(const struct lh_chain *chain)
{
	return LH_SITE_MODE(chain->site) == LH_COND_SIGNALS;
}

#define FOR_EACH_VISIT_OF(graph, t, i)                                                             \
	for (uint32_t i = (graph)->thread[t].visit; i && lh_order_budget_spend(graph, 1);          \
	     i = (graph)->visit_next[i])

enum listener { NOBODY, ANOTHER, JOINER };

/* Who was seen to wait on the condition? A wait that happens before the join counts as the
 * joiner's.
 */
static enum listener who_waits(struct lh_order_graph *graph, lh_lock_id cond,
			       const struct lh_chain_visit *join)
{
	const struct lh_chain *chain = graph->rows.chain;
	const struct lh_chain_visit *visit = graph->rows.visit;
	bool lists = graph->flags & LH_ORDER_LOCK_LISTS;
	enum listener who = NOBODY;

	for (lh_chain_id i = lists ? lh_order_lock(graph, cond)->chains : graph->rows.chains - 1;
	     i && lh_order_budget_spend(graph, 1); i = lists ? chain[i].next : i - 1)
		for (uint32_t v = chain[i].lock == cond && !is_signal(&chain[i]) ? chain[i].visit
										 : 0;
		     v && v < graph->rows.visits && lh_order_budget_spend(graph, 1);
		     v = visit[v].next) {
			if (visit[v].thread == join->thread ||
			    lh_happens_before(graph, visit[v].thread, visit[v].last, join->thread,
					      join->first, false))
				return JOINER;
			who = ANOTHER;
		}
	return who;
}

/* Could thread t wait for the lock after this segment? A condition wait acquires its mutex again
 * when it ends, and which mutex that is is not known here. */
static bool wants_after(struct lh_order_graph *graph, lh_thread_id t, lh_lock_id lock,
			uint32_t segment)
{
	FOR_EACH_VISIT_OF(graph, t, i)
	{
		const struct lh_chain_visit *visit = &graph->rows.visit[i];
		const struct lh_chain *chain = &graph->rows.chain[visit->chain];
		bool waits = lh_kind_acts(lh_order_lock(graph, chain->lock)->kind) == LH_COND &&
			     !is_signal(chain);
		bool wants = chain->lock == lock && LH_SITE_HOW(chain->site) == LH_BLOCKING;
		if (visit->last > segment && (waits || wants))
			return true;
	}
	return false;
}

/* Is this the only segment in which the thread visited the chain? */
static bool is_only_visit(const struct lh_order_graph *graph, const struct lh_chain_visit *visit)
{
	for (uint32_t i = graph->rows.chain[visit->chain].visit; i && i < graph->rows.visits;
	     i = graph->rows.visit[i].next)
		if (&graph->rows.visit[i] != visit && graph->rows.visit[i].thread == visit->thread)
			return false;
	return visit->first == visit->last;
}

/* Can this signal have told the joiner that its thread will not acquire `wanted` any more? */
static bool tells(struct lh_order_graph *graph, const struct lh_chain_visit *signal,
		  lh_lock_id wanted, const struct lh_chain_visit *join, lh_lock_id held)
{
	if (!is_only_visit(graph, signal) ||
	    wants_after(graph, signal->thread, wanted, signal->last))
		return false;
	enum listener who = who_waits(graph, graph->rows.chain[signal->chain].lock, join);
	return who == JOINER || (who == NOBODY && lh_chain_holds(graph, signal->chain, held));
}

static lh_chain_id signal_of(struct lh_order_graph *graph, const struct lh_cycle_slot *joins,
			     const struct lh_cycle_slot *joined)
{
	if (!joined->required_thread)
		return 0;
	FOR_EACH_VISIT_OF(graph, joined->required_thread, i)
	{
		const struct lh_chain_visit *visit = &graph->rows.visit[i];
		const struct lh_chain *chain = &graph->rows.chain[visit->chain];
		const struct lh_lock *cond = lh_order_lock(graph, chain->lock);
		if (lh_kind_acts(cond->kind) == LH_COND && !(cond->flags & LH_LOCK_INTERPRETER) &&
		    is_signal(chain) &&
		    tells(graph, visit, graph->vertex[joined->want].lock,
			  &graph->rows.visit[joins->visit], graph->vertex[joins->from].lock))
			return visit->chain;
	}
	return 0;
}

lh_chain_id lh_cycle_signal(struct lh_order_graph *graph, uint32_t *joins)
{
	for (uint32_t c = 0; c < graph->length; c++) {
		uint32_t next = (c + 1) % graph->length;
		lh_chain_id signal = signal_of(graph, &graph->slot[c], &graph->slot[next]);
		*joins = c;
		if (signal)
			return signal;
	}
	return 0;
}
