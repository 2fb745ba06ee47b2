/*
 * overlap.c — can these dependencies be in progress at the same time?
 *
 * Two dependencies can if they belong to distinct threads, hold no locks that exclude each other,
 * and neither happens before the other. A cycle can if threads can be assigned to its slots so that
 * every two slots can.
 */
#include "libcheck/order_graph/order_graph_internal.h"

bool lh_chain_holds(const struct lh_order_input *input, lh_chain_id chain, lh_lock_id lock)
{
	LH_FOR_EACH_HELD(input, chain, h)
	if (input->chain[h].lock == lock)
		return true;
	return false;
}

/* Does this chain, its last lock included, prevent another thread from holding `lock` in the mode
 * of `site`? */
static bool excludes_lock(const struct lh_order_input *input, lh_chain_id chain, lh_lock_id lock,
			  lh_site site)
{
	for (lh_chain_id h = chain; h; h = lh_chain_parent(input, h))
		if (input->chain[h].lock == lock && !lh_both_shared(input->chain[h].site, site))
			return lh_order_is_lock(input, lock);
	return false;
}

/* Does it prevent another thread from holding the chain `other`? */
static bool excludes_chain(const struct lh_order_input *input, lh_chain_id chain, lh_chain_id other)
{
	for (lh_chain_id h = other; h; h = lh_chain_parent(input, h))
		if (excludes_lock(input, chain, input->chain[h].lock, input->chain[h].site))
			return true;
	return false;
}

bool lh_overlap_no_gate_lock(const struct lh_order_input *input, lh_chain_id a, lh_chain_id b)
{
	return !excludes_chain(input, lh_chain_parent(input, a), lh_chain_parent(input, b));
}

/* ---- locks that a thread's creator holds for the whole life of the thread ---- */

static lh_chain_id creator_chain_of(const struct lh_order_input *input, lh_thread_id t)
{
	lh_chain_id g = t && t < input->threads ? input->thread[t].creator_chain : 0;

	return g < input->chains ? g : 0;
}

/*
 * While t lives, its creator holds the locks of creator_chain, so no other thread that holds one of
 * them runs at the same time. The creator itself does.
 */
static bool creator_chain_excludes(const struct lh_order_input *input, lh_thread_id t,
				   lh_thread_id other, lh_chain_id chain)
{
	return creator_chain_of(input, t) && input->thread[t].creator != other &&
	       excludes_chain(input, creator_chain_of(input, t), lh_chain_parent(input, chain));
}

/* The threads have two creators, and their creator chains exclude each other. */
static bool creator_chains_exclude(const struct lh_order_input *input, lh_thread_id t,
				   lh_thread_id u)
{
	return creator_chain_of(input, t) && creator_chain_of(input, u) &&
	       input->thread[t].creator != input->thread[u].creator &&
	       excludes_chain(input, creator_chain_of(input, t), creator_chain_of(input, u));
}

/* ---- assigning threads ---- */

lh_thread_id lh_slot_thread(const struct lh_order_input *input, const struct lh_cycle_slot *s)
{
	return s->visit == LH_ANY_THREAD ? 0 : input->visit[s->visit].thread;
}

static uint32_t visit_or_any_thread(const struct lh_order_input *input, lh_chain_id chain,
				    uint32_t row)
{
	if (row && row < input->visits)
		return row;
	return input->chain[chain].flags & LH_CHAIN_MANY_THREADS ? LH_ANY_THREAD : 0;
}

uint32_t lh_visit_first(const struct lh_order_input *input, lh_chain_id chain)
{
	return visit_or_any_thread(input, chain, input->chain[chain].visit);
}

uint32_t lh_visit_next(const struct lh_order_input *input, lh_chain_id chain, uint32_t visit)
{
	return visit == LH_ANY_THREAD ? 0
				      : visit_or_any_thread(input, chain, input->visit[visit].next);
}

static bool happens_before(struct lh_order_graph *graph, const struct lh_order_input *input,
			   uint32_t a, uint32_t b)
{
	const struct lh_chain_visit *x = &input->visit[a], *y = &input->visit[b];

	return lh_happens_before(graph, input, x->thread, x->last, y->thread, y->first);
}

bool lh_overlap_possible(struct lh_order_graph *graph, const struct lh_order_input *input,
			 const struct lh_cycle_slot *a, const struct lh_cycle_slot *b,
			 enum lh_overlap_test test)
{
	lh_thread_id t = lh_slot_thread(input, a), u = lh_slot_thread(input, b);

	if (t && t == u)
		return false;
	if (test >= LH_OVERLAP_CREATOR_LOCKS &&
	    (creator_chain_excludes(input, t, u, b->chain) ||
	     creator_chain_excludes(input, u, t, a->chain) || creator_chains_exclude(input, t, u)))
		return false;
	if (test < LH_OVERLAP_HAPPENS_BEFORE || !t || !u)
		return true;
	return !happens_before(graph, input, a->visit, b->visit) &&
	       !happens_before(graph, input, b->visit, a->visit);
}

/* Does the visit assigned to slot i agree with those of the slots before it? */
static bool agrees(struct lh_order_graph *graph, const struct lh_order_input *input, uint32_t i,
		   enum lh_overlap_test test)
{
	const struct lh_cycle_slot *s = &graph->slot[i];

	if (s->required_thread && lh_slot_thread(input, s) != s->required_thread)
		return false;
	for (uint32_t k = 0; k < i; k++)
		if (!lh_overlap_possible(graph, input, &graph->slot[k], s, test))
			return false;
	return true;
}

bool lh_overlap_assign_threads(struct lh_order_graph *graph, const struct lh_order_input *input,
			       uint32_t n, enum lh_overlap_test test)
{
	uint32_t i = 0;
	struct lh_cycle_slot *s = graph->slot;

	s[0].visit = lh_visit_first(input, s[0].chain);
	while (lh_order_budget_spend(graph, 4 + 4 * i)) {
		if (!s[i].visit) {
			if (!i--)
				return false;
			s[i].visit = lh_visit_next(input, s[i].chain, s[i].visit);
		} else if (!agrees(graph, input, i, test)) {
			s[i].visit = lh_visit_next(input, s[i].chain, s[i].visit);
		} else if (++i == n) {
			return graph->budget > 0;
		} else {
			s[i].visit = lh_visit_first(input, s[i].chain);
		}
	}
	return false;
}
