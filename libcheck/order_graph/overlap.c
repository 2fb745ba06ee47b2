/*
 * overlap.c — can these dependencies be in progress at the same time?
 *
 * Two dependencies can if they belong to distinct threads, hold no locks that exclude each other,
 * and neither happens before the other. A cycle can if threads can be assigned to its slots so that
 * every two slots can.
 */
#include "libcheck/order_graph/order_graph_internal.h"

lh_chain_id lh_chain_holds(const struct lh_order_graph *graph, lh_chain_id chain, lh_lock_id lock)
{
	LH_FOR_EACH_HELD (graph, chain, h)
		if (graph->rows.chain[h].lock == lock)
			return h;
	return 0;
}

/* Does this chain, its last lock included, prevent another thread from holding `lock` in the mode
 * of `site`? */
static bool excludes_lock(const struct lh_order_graph *graph, lh_chain_id chain, lh_lock_id lock,
			  lh_site site)
{
	for (lh_chain_id h = chain; h; h = lh_chain_parent(graph, h))
		if (graph->rows.chain[h].lock == lock &&
		    !lh_both_shared(graph->rows.chain[h].site, site))
			return lh_order_is_lock(graph, lock);
	return false;
}

/* ---- deep chains: without a step for each pair of their locks ---- */

static bool are_deep(const struct lh_order_graph *graph, lh_chain_id a, lh_chain_id b)
{
	enum { PAIRS_MAX = 4096 };

	return (uint32_t)graph->rows.chain[a].depth * graph->rows.chain[b].depth > PAIRS_MAX;
}

/* Marks what the chain holds, its last lock included. */
static void mark_held(struct lh_order_graph *graph, lh_chain_id chain)
{
	const struct lh_chain *row = graph->rows.chain;

	graph->mark++;
	for (lh_chain_id h = chain; h; h = lh_chain_parent(graph, h)) {
		struct lh_vertex *v = &graph->vertex[lh_order_vertex_find(graph, row[h].lock)];
		bool shared = LH_SITE_MODE(row[h].site) == LH_SHARED;
		v->gate_shared = shared && (v->gate_mark != graph->mark || v->gate_shared);
		v->gate_mark = graph->mark;
	}
}

/* Does the marked chain prevent another thread from holding `lock` so? `chain`: the marked one. */
static bool marked_excludes(const struct lh_order_graph *graph, lh_chain_id chain, lh_lock_id lock,
			    lh_site site)
{
	uint32_t v = lh_order_vertex_find(graph, lock);

	if (!v) /* the graph has no room for it */
		return excludes_lock(graph, chain, lock, site);
	return graph->vertex[v].gate_mark == graph->mark &&
	       !(graph->vertex[v].gate_shared && LH_SITE_MODE(site) == LH_SHARED) &&
	       lh_order_is_lock(graph, lock);
}

/* Does it prevent another thread from holding the chain `other`? */
static bool excludes_chain(struct lh_order_graph *graph, lh_chain_id chain, lh_chain_id other)
{
	if (are_deep(graph, chain, other)) {
		mark_held(graph, chain);
		for (lh_chain_id h = other; h; h = lh_chain_parent(graph, h))
			if (marked_excludes(graph, chain, graph->rows.chain[h].lock,
					    graph->rows.chain[h].site))
				return true;
		return false;
	}
	for (lh_chain_id h = other; h; h = lh_chain_parent(graph, h))
		if (excludes_lock(graph, chain, graph->rows.chain[h].lock,
				  graph->rows.chain[h].site))
			return true;
	return false;
}

static bool deep_share_gate_lock(struct lh_order_graph *graph, lh_chain_id chain, lh_chain_id other)
{
	const struct lh_chain *row = graph->rows.chain;

	mark_held(graph, lh_chain_parent(graph, other));
	LH_FOR_EACH_HELD (graph, chain, h)
		if (!lh_chain_lets_go(graph, other, h) &&
		    marked_excludes(graph, lh_chain_parent(graph, other), row[h].lock, row[h].site))
			return true;
	return false;
}

static bool share_gate_lock(struct lh_order_graph *graph, lh_chain_id chain, lh_chain_id other)
{
	const struct lh_chain *row = graph->rows.chain;

	if (are_deep(graph, chain, other))
		return deep_share_gate_lock(graph, chain, other);
	LH_FOR_EACH_HELD (graph, chain, h)
		if (!lh_chain_lets_go(graph, other, h) &&
		    excludes_lock(graph, lh_chain_parent(graph, other), row[h].lock, row[h].site))
			return true;
	return false;
}

bool lh_slot_has_gate_lock(struct lh_order_graph *graph, uint32_t c)
{
	for (uint32_t i = 0; i < c; i++)
		if (share_gate_lock(graph, graph->slot[c].chain, graph->slot[i].chain))
			return true;
	return false;
}

/* ---- locks that a thread's creator holds for the whole life of the thread ---- */

static lh_chain_id creator_chain_of(const struct lh_order_graph *graph, lh_thread_id t)
{
	lh_chain_id g = t && t < graph->rows.threads ? graph->rows.thread[t].creator_chain : 0;

	return g < graph->rows.chains ? g : 0;
}

/*
 * While t lives, its creator holds the locks of creator_chain, so no other thread that holds one of
 * them runs at the same time. The creator itself does.
 */
static bool creator_excludes(struct lh_order_graph *graph, lh_thread_id t, lh_thread_id other,
			     lh_chain_id held)
{
	lh_chain_id chain = creator_chain_of(graph, t);

	return chain && graph->rows.thread[t].creator != other &&
	       excludes_chain(graph, chain, held);
}

/* Does the creator of t exclude u or the creator of u, or the creator of u exclude t? */
static bool creators_exclude(struct lh_order_graph *graph, lh_thread_id t, lh_chain_id t_held,
			     lh_thread_id u, lh_chain_id u_held)
{
	lh_chain_id of_u = creator_chain_of(graph, u);

	return creator_excludes(graph, t, u, u_held) || creator_excludes(graph, u, t, t_held) ||
	       (of_u && creator_excludes(graph, t, graph->rows.thread[u].creator, of_u));
}

/* ---- assigning threads ---- */

lh_thread_id lh_slot_thread(const struct lh_order_graph *graph, const struct lh_cycle_slot *s)
{
	return graph->rows.visit[s->visit].thread;
}

uint32_t lh_visit_first(const struct lh_order_graph *graph, lh_chain_id chain)
{
	uint32_t row = graph->rows.chain[chain].visit;

	return row < graph->rows.visits ? row : 0;
}

uint32_t lh_visit_next(const struct lh_order_graph *graph, uint32_t visit)
{
	uint32_t row = graph->rows.visit[visit].next;

	return row < graph->rows.visits ? row : 0;
}

/* Joins and waits for a semaphore are cancellation points. */
static bool is_cancellable(const struct lh_order_graph *graph, lh_chain_id chain)
{
	uint32_t kind = lh_order_lock_of(graph, chain)->kind;

	return (kind == LH_THREAD_END || kind == LH_SEM) &&
	       !(graph->rows.chain[chain].flags & LH_CHAIN_UNCANCELLABLE);
}

static bool happens_before(struct lh_order_graph *graph, const struct lh_cycle_slot *a,
			   const struct lh_cycle_slot *b)
{
	const struct lh_chain_visit *x = &graph->rows.visit[a->visit],
				    *y = &graph->rows.visit[b->visit];

	return lh_happens_before(graph, x->thread, x->last, y->thread, y->first,
				 is_cancellable(graph, a->chain));
}

bool lh_overlap_possible(struct lh_order_graph *graph, const struct lh_cycle_slot *a,
			 const struct lh_cycle_slot *b, enum lh_overlap_test test)
{
	lh_thread_id t = lh_slot_thread(graph, a), u = lh_slot_thread(graph, b);

	if (t == u)
		return false;
	if (test >= LH_OVERLAP_CREATOR_LOCKS &&
	    creators_exclude(graph, t, lh_chain_parent(graph, a->chain), u,
			     lh_chain_parent(graph, b->chain)))
		return false;
	if (test < LH_OVERLAP_HAPPENS_BEFORE)
		return true;
	/* the likely direction first: if it holds, the search is short */
	bool later = graph->rows.visit[a->visit].serial > graph->rows.visit[b->visit].serial;
	const struct lh_cycle_slot *first = later ? b : a, *second = later ? a : b;
	return !happens_before(graph, first, second) && !happens_before(graph, second, first);
}

/* Does the visit assigned to slot i agree with those of the slots before it? */
static bool agrees(struct lh_order_graph *graph, uint32_t i, enum lh_overlap_test test)
{
	const struct lh_cycle_slot *s = &graph->slot[i];

	if (s->required_thread && lh_slot_thread(graph, s) != s->required_thread)
		return false;
	if (s->required_visit && s->visit != s->required_visit)
		return false;
	for (uint32_t k = 0; k < i; k++)
		if (!lh_overlap_possible(graph, &graph->slot[k], s, test))
			return false;
	return true;
}

bool lh_overlap_assign_threads(struct lh_order_graph *graph, uint32_t n, enum lh_overlap_test test)
{
	uint32_t i = 0;
	struct lh_cycle_slot *s = graph->slot;

	s[0].visit = lh_visit_first(graph, s[0].chain);
	while (lh_order_budget_spend(graph, 4 + 4 * i)) {
		if (!s[i].visit) {
			if (!i--)
				return false;
			s[i].visit = lh_visit_next(graph, s[i].visit);
		} else if (!agrees(graph, i, test)) {
			s[i].visit = lh_visit_next(graph, s[i].visit);
		} else if (++i == n) {
			return graph->budget > 0;
		} else {
			s[i].visit = lh_visit_first(graph, s[i].chain);
		}
	}
	return false;
}
