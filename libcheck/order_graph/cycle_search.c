/*
 * cycle_search.c — searches the cycles through one dependency, shortest first.
 *
 * slot[0] is this dependency; slot[c] holds what slot[c-1] wants; the last slot wants a lock that
 * slot[0] holds. The walk goes along the edges of the graph and takes one witness of each edge. It
 * is done once for each length, from the shortest possible one on. The distance of each vertex from
 * the end of the cycle is measured before, and a path is left where its length does not suffice.
 *
 * Searches only minimal cycles: what a slot wants is held by the next slot and by no other. (A
 * cycle that is not minimal contains a shorter one that passes every test that it passes.)
 *
 * There are two walks. The first one finds the cycles that count or are timed, and leaves a path as
 * soon as its slots cannot be in progress at once. The second one leaves no path for this reason,
 * and names the test that failed; it is done only with LH_ORDER_KEEP_FILTERED.
 */
#include "libcheck/order_graph/order_graph_internal.h"

/* ---- distances ---- */

static bool closes(const struct lh_order_graph *graph, uint32_t v)
{
	return graph->vertex[v].closing_mark == graph->closing_mark;
}

static void add_closing(struct lh_order_graph *graph, uint32_t vertex, uint32_t want)
{
	if (!vertex || closes(graph, vertex) ||
	    lh_component_find(graph, vertex) != lh_component_find(graph, want))
		return;
	graph->vertex[vertex].closing_mark = graph->closing_mark;
	graph->closing[graph->closings++] = vertex;
}

/* Where a cycle could close: the locks that slot[0] holds, and the ends of its threads. */
static void find_closings(struct lh_order_graph *graph, lh_chain_id chain, uint32_t want)
{
	graph->closings = 0;
	graph->closing_mark = ++graph->mark;
	if (graph->vertex[lh_component_find(graph, want)].members < 2)
		return; /* no cycle leads through it */
	LH_FOR_EACH_HELD (graph, chain, h)
		add_closing(graph, lh_order_vertex_find(graph, graph->rows.chain[h].lock), want);
	for (uint32_t visit = lh_visit_first(graph, chain); visit;
	     visit = lh_visit_next(graph, visit))
		if (graph->rows.visit[visit].thread < graph->size.threads)
			add_closing(graph, graph->thread[graph->rows.visit[visit].thread].vertex,
				    want);
}

static void set_distance(struct lh_order_graph *graph, uint32_t v, uint32_t distance, uint32_t *n)
{
	graph->vertex[v].distance = distance;
	graph->vertex[v].distance_mark = graph->distance_mark;
	graph->list[0][(*n)++] = v;
}

/* Distances to the closings, backwards, inside the component. False: the budget is used up. */
static bool measure_distances(struct lh_order_graph *graph, uint32_t component)
{
	uint32_t n = 0;

	graph->distance_mark = ++graph->mark;
	for (uint32_t i = 0; i < graph->closings; i++)
		set_distance(graph, graph->closing[i], 0, &n);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t v = graph->list[0][i];
		for (uint32_t e = graph->vertex[v].in; e; e = graph->edge[e].in_next) {
			uint32_t from = graph->edge[e].key.from;
			if (!lh_order_budget_spend(graph, 2))
				return false;
			if (graph->vertex[from].distance_mark == graph->distance_mark ||
			    lh_component_find(graph, from) != component)
				continue;
			set_distance(graph, from, graph->vertex[v].distance + 1, &n);
		}
	}
	return true;
}

/* ---- the walk ---- */

/* Slot c holds no lock that a slot before c-1 wants. No earlier slot wants x, which slot c wants,
 * and none but slot 0 holds x. */
static bool is_minimal(const struct lh_order_graph *graph, uint32_t c, uint32_t x)
{
	for (uint32_t i = 0; i < c; i++) {
		if (graph->slot[i].want == x)
			return false;
		if (i + 1 < c && lh_chain_holds(graph, graph->slot[c].chain,
						graph->vertex[graph->slot[i].want].lock))
			return false;
		if (i && lh_chain_holds(graph, graph->slot[i].chain, graph->vertex[x].lock))
			return false;
	}
	return true;
}

static bool fits_counted(struct lh_order_graph *graph, uint32_t c)
{
	return lh_order_may_block(graph, graph->slot[c].chain) && lh_cycle_slot_blocks(graph, c) &&
	       !lh_slot_has_gate_lock(graph, c) &&
	       lh_overlap_assign_threads(graph, c + 1, LH_OVERLAP_HAPPENS_BEFORE);
}

static bool fits(struct lh_order_graph *graph, uint32_t c, bool last)
{
	struct lh_cycle_slot *s = &graph->slot[c];
	const struct lh_edge *e = &graph->edge[s->edge];

	s->chain = graph->witness[s->witness].chain;
	if (!lh_order_budget_spend(graph, (8 + lh_order_deep_steps(graph, s->chain)) * c))
		return false;
	s->from = e->key.from;
	s->want = e->key.to;
	s->required_thread = graph->vertex[e->key.from].thread_end;
	graph->slot[0].from = last ? e->key.to : 0;
	graph->slot[0].required_thread = last ? graph->vertex[e->key.to].thread_end : 0;
	/* a chain without visits exists only as a parent */
	if (!lh_visit_first(graph, s->chain) || !is_minimal(graph, c, e->key.to))
		return false;
	if (!graph->strict)
		return true;
	return fits_counted(graph, c) && (!last || lh_cycle_slot_blocks(graph, 0));
}

/*
 * Can a path go on from v and close within `left` edges? A path may go on from the end of a thread
 * that visited slot 0, because another thread may be assigned to slot 0.
 */
static bool can_continue(struct lh_order_graph *graph, uint32_t v, uint32_t left)
{
	const struct lh_vertex *x = &graph->vertex[v];

	if (!graph->distance_mark)
		return lh_component_find(graph, v) ==
			       lh_component_find(graph, graph->slot[0].want) &&
		       lh_order_is_lock(graph, x->lock) && (x->thread_end || !closes(graph, v));
	if (x->distance_mark != graph->distance_mark || (!x->distance && !x->thread_end) ||
	    !lh_order_is_lock(graph, x->lock))
		return false;
	if (x->distance > left)
		graph->longer = true;
	return x->distance <= left;
}

/* The next edge from what slot c-1 wants; for the last slot only edges that close the cycle. */
static bool next_edge(struct lh_order_graph *graph, uint32_t c)
{
	struct lh_cycle_slot *s = &graph->slot[c];
	uint32_t v = graph->slot[c - 1].want, left = graph->length - c - 1;

	if (!left) {
		for (s->edge = 0; !s->edge && s->closing < graph->closings; s->closing++)
			if (lh_order_budget_spend(graph, 8))
				s->edge = lh_order_edge_find(graph, v, graph->closing[s->closing]);
		return s->edge;
	}
	for (s->edge = s->edge ? graph->edge[s->edge].out_next : graph->vertex[v].out; s->edge;
	     s->edge = graph->edge[s->edge].out_next) {
		if (!lh_order_budget_spend(graph, 4))
			return false;
		if (can_continue(graph, graph->edge[s->edge].key.to, left))
			return true;
	}
	return false;
}

static bool next_witness(struct lh_order_graph *graph, uint32_t c)
{
	struct lh_cycle_slot *s = &graph->slot[c];

	if (s->witness)
		s->witness = s->skip ? 0 : graph->witness[s->witness].next;
	s->skip = false;
	while (!s->witness) {
		if (!next_edge(graph, c))
			return false;
		s->witness = graph->edge[s->edge].witness;
	}
	return true;
}

static void push_slot(struct lh_order_graph *graph, uint32_t c)
{
	struct lh_cycle_slot *s = &graph->slot[c];

	s->edge = s->witness = s->closing = 0;
	s->skip = false;
	if (c + 1 == graph->length)
		graph->longer = true;
}

/* All cycles of this length. */
static void walk(struct lh_order_graph *graph)
{
	uint32_t c = 1;

	graph->longer = false;
	push_slot(graph, 1);
	while (c && graph->budget > 0 && graph->found_n < LH_CYCLES_PER_CALL) {
		bool last = c + 1 == graph->length;
		if (!next_witness(graph, c))
			c--;
		else if (!fits(graph, c, last))
			continue;
		else if (!last)
			push_slot(graph, ++c);
		else if (graph->strict)
			lh_cycle_report_counted(graph);
		else
			lh_cycle_report_filtered(graph);
	}
}

/* Not begun unless the budget suffices for all of it, so that no steps are spent for nothing. */
static bool can_measure_distances(const struct lh_order_graph *graph, uint64_t members)
{
	uint64_t edges = members * members;

	if (edges > graph->counts.edges)
		edges = graph->counts.edges;
	return graph->budget > 2 * (int64_t)edges;
}

/* One length after the other, until no path is that long. In a component that is too large to
 * measure distances only cycles of length 3, and the search counts as cut. */
static void walk_longer(struct lh_order_graph *graph)
{
	uint32_t want = graph->slot[0].want, component = lh_component_find(graph, want);
	uint32_t members = graph->vertex[component].members;

	if (members < 3)
		return;
	if (!can_measure_distances(graph, members)) {
		graph->length = 3;
		graph->distance_mark = 0;
		graph->cut = true;
		walk(graph);
		return;
	}
	if (!measure_distances(graph, component) ||
	    graph->vertex[want].distance_mark != graph->distance_mark)
		return;
	graph->length = graph->vertex[want].distance < 2 ? 3 : graph->vertex[want].distance + 1;
	for (graph->longer = true; graph->longer && graph->length <= members; graph->length++) {
		if (graph->length > LH_CYCLE_MAX)
			graph->cut = true;
		if (graph->cut || graph->budget <= 0 || graph->found_n == LH_CYCLES_PER_CALL)
			return;
		walk(graph);
	}
}

static void walk_all(struct lh_order_graph *graph)
{
	graph->length = 2;
	walk(graph);
	if (graph->budget > 0 && graph->found_n < LH_CYCLES_PER_CALL)
		walk_longer(graph);
	if (graph->budget <= 0)
		graph->cut = true;
}

/* Semaphores that have become signals since their edges were made are no locks. */
static void drop_signal_semaphores(struct lh_order_graph *graph)
{
	for (uint32_t i = 0; i < graph->closings;)
		if (lh_order_is_lock(graph, graph->vertex[graph->closing[i]].lock))
			i++;
		else {
			graph->vertex[graph->closing[i]].closing_mark = 0;
			graph->closing[i] = graph->closing[--graph->closings];
		}
}

void lh_cycle_search(struct lh_order_graph *graph, lh_chain_id chain)
{
	lh_lock_id lock = graph->rows.chain[chain].lock;
	uint32_t want = lh_order_vertex_find(graph, lock);

	if (!want || !lh_order_is_lock(graph, lock) || !lh_visit_first(graph, chain))
		return;
	find_closings(graph, chain, want);
	drop_signal_semaphores(graph);
	if (!graph->closings || lh_chain_holds(graph, chain, lock))
		return;
	graph->slot[0] = (struct lh_cycle_slot){.chain = chain, .want = want};
	graph->cut = false;
	graph->strict = true;
	if (lh_order_may_block(graph, chain))
		walk_all(graph);
	graph->strict = false;
	if (graph->flags & LH_ORDER_KEEP_FILTERED)
		walk_all(graph);
	graph->counts.cut += graph->cut;
}
