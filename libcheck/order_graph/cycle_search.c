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

static void add_closing(struct lh_order_graph *graph, uint32_t vertex, uint32_t want)
{
	if (!vertex || graph->closings >= sizeof(graph->closing) / sizeof(graph->closing[0]))
		return;
	if (lh_component_find(graph, vertex) != lh_component_find(graph, want))
		return;
	for (uint32_t i = 0; i < graph->closings; i++)
		if (graph->closing[i] == vertex)
			return;
	graph->closing[graph->closings++] = vertex;
}

/* Where a cycle could close: the locks that slot[0] holds, and the ends of its threads. */
static void find_closings(struct lh_order_graph *graph, const struct lh_order_input *input,
			  lh_chain_id chain, uint32_t want)
{
	graph->closings = 0;
	LH_FOR_EACH_HELD(input, chain, h)
	add_closing(graph, lh_order_vertex_find(graph, input->chain[h].lock), want);
	for (uint32_t visit = lh_visit_first(input, chain); visit && visit != LH_ANY_THREAD;
	     visit = lh_visit_next(input, chain, visit))
		if (input->visit[visit].thread < graph->size.threads)
			add_closing(graph, graph->tables.thread[input->visit[visit].thread].vertex,
				    want);
}

static void set_distance(struct lh_cycle_query *q, uint32_t v, uint32_t distance, uint32_t *n)
{
	q->graph->tables.vertex[v].distance = distance;
	q->graph->tables.vertex[v].distance_mark = q->mark;
	q->graph->tables.list[0][(*n)++] = v;
}

/* Distances to the closings, backwards, inside the component. False: the budget is used up. */
static bool measure_distances(struct lh_cycle_query *q, uint32_t component)
{
	struct lh_order_graph *graph = q->graph;
	uint32_t n = 0;

	q->mark = ++graph->mark;
	for (uint32_t i = 0; i < graph->closings; i++)
		set_distance(q, graph->closing[i], 0, &n);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t v = graph->tables.list[0][i];
		for (uint32_t e = graph->tables.vertex[v].in; e;
		     e = graph->tables.edge[e].in_next) {
			uint32_t from = graph->tables.edge[e].from;
			if (!lh_order_budget_spend(graph, 2))
				return false;
			if (graph->tables.vertex[from].distance_mark == q->mark ||
			    lh_component_find(graph, from) != component)
				continue;
			set_distance(q, from, graph->tables.vertex[v].distance + 1, &n);
		}
	}
	return true;
}

/* ---- the walk ---- */

/* Slot c holds no lock that a slot before c-1 wants. No earlier slot wants x, which slot c wants,
 * and none but slot 0 holds x. */
static bool is_minimal(const struct lh_cycle_query *q, uint32_t c, uint32_t x)
{
	const struct lh_order_graph *graph = q->graph;

	for (uint32_t i = 0; i < c; i++) {
		if (graph->slot[i].want == x)
			return false;
		if (i + 1 < c && lh_chain_holds(q->input, graph->slot[c].chain,
						graph->tables.vertex[graph->slot[i].want].lock))
			return false;
		if (i &&
		    lh_chain_holds(q->input, graph->slot[i].chain, graph->tables.vertex[x].lock))
			return false;
	}
	return true;
}

static bool fits_counted(struct lh_cycle_query *q, uint32_t c)
{
	struct lh_order_graph *graph = q->graph;

	if (!lh_order_may_block(q->input, graph->slot[c].chain) || !lh_cycle_slot_blocks(q, c))
		return false;
	for (uint32_t i = 0; i < c; i++)
		if (!lh_overlap_no_gate_lock(q->input, graph->slot[i].chain, graph->slot[c].chain))
			return false;
	return lh_overlap_assign_threads(graph, q->input, c + 1, LH_OVERLAP_HAPPENS_BEFORE);
}

static bool fits(struct lh_cycle_query *q, uint32_t c, bool closes)
{
	struct lh_order_graph *graph = q->graph;
	struct lh_cycle_slot *s = &graph->slot[c];
	const struct lh_edge *e = &graph->tables.edge[s->edge];

	if (!lh_order_budget_spend(graph, 8 * c))
		return false;
	s->chain = graph->tables.witness[s->witness].chain;
	s->from = e->from;
	s->want = e->to;
	s->required_thread = graph->tables.vertex[e->from].thread_end;
	graph->slot[0].from = closes ? e->to : 0;
	graph->slot[0].required_thread = closes ? graph->tables.vertex[e->to].thread_end : 0;
	/* a chain without visits exists only as a parent */
	if (!lh_visit_first(q->input, s->chain) || !is_minimal(q, c, e->to))
		return false;
	if (!q->strict)
		return true;
	return fits_counted(q, c) && (!closes || lh_cycle_slot_blocks(q, 0));
}

static bool closes(const struct lh_order_graph *graph, uint32_t v)
{
	for (uint32_t i = 0; i < graph->closings; i++)
		if (graph->closing[i] == v)
			return true;
	return false;
}

/*
 * Can a path go on from v and close within `left` edges? A path may go on from the end of a thread
 * that visited slot 0, because another thread may be assigned to slot 0.
 */
static bool can_continue(struct lh_cycle_query *q, uint32_t v, uint32_t left)
{
	const struct lh_vertex *x = &q->graph->tables.vertex[v];

	if (!q->mark)
		return lh_component_find(q->graph, v) ==
			       lh_component_find(q->graph, q->graph->slot[0].want) &&
		       lh_order_is_lock(q->input, x->lock) &&
		       (x->thread_end || !closes(q->graph, v));
	if (x->distance_mark != q->mark || (!x->distance && !x->thread_end) ||
	    !lh_order_is_lock(q->input, x->lock))
		return false;
	if (x->distance > left)
		q->longer = true;
	return x->distance <= left;
}

/* The next edge from what slot c-1 wants; for the last slot only edges that close the cycle. */
static bool next_edge(struct lh_cycle_query *q, uint32_t c)
{
	struct lh_order_graph *graph = q->graph;
	struct lh_cycle_slot *s = &graph->slot[c];
	uint32_t v = graph->slot[c - 1].want, left = q->length - c - 1;

	if (!left) {
		for (s->edge = 0; !s->edge && s->closing < graph->closings; s->closing++)
			if (lh_order_budget_spend(graph, 8))
				s->edge = lh_order_edge_find(graph, v, graph->closing[s->closing]);
		return s->edge;
	}
	for (s->edge = s->edge ? graph->tables.edge[s->edge].out_next : graph->tables.vertex[v].out;
	     s->edge; s->edge = graph->tables.edge[s->edge].out_next) {
		if (!lh_order_budget_spend(graph, 4))
			return false;
		if (can_continue(q, graph->tables.edge[s->edge].to, left))
			return true;
	}
	return false;
}

static bool next_witness(struct lh_cycle_query *q, uint32_t c)
{
	struct lh_order_graph *graph = q->graph;
	struct lh_cycle_slot *s = &graph->slot[c];

	if (s->witness)
		s->witness = graph->tables.witness[s->witness].next;
	while (!s->witness) {
		if (!next_edge(q, c))
			return false;
		s->witness = graph->tables.edge[s->edge].witness;
	}
	return true;
}

static void push_slot(struct lh_cycle_query *q, uint32_t c)
{
	struct lh_cycle_slot *s = &q->graph->slot[c];

	s->edge = s->witness = s->closing = 0;
	if (c + 1 == q->length)
		q->longer = true;
}

/* All cycles of this length. */
static void walk(struct lh_cycle_query *q)
{
	uint32_t c = 1;

	q->longer = false;
	push_slot(q, 1);
	while (c && q->graph->budget > 0 && q->graph->found_n < LH_CYCLES_PER_CALL) {
		bool last = c + 1 == q->length;
		if (!next_witness(q, c))
			c--;
		else if (!fits(q, c, last))
			continue;
		else if (!last)
			push_slot(q, ++c);
		else if (q->strict)
			lh_cycle_report_counted(q);
		else
			lh_cycle_report_filtered(q);
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

/* For a component that is too large to measure distances: searches only cycles of length 3, and
 * counts the search as cut. */
static void walk_three(struct lh_cycle_query *q)
{
	q->length = 3;
	q->mark = 0;
	q->cut = true;
	walk(q);
}

/* One length after the other, until no path is that long. */
static void walk_longer(struct lh_cycle_query *q, uint32_t component)
{
	struct lh_order_graph *graph = q->graph;
	uint32_t members = graph->tables.vertex[component].members, want = graph->slot[0].want;

	if (members < 3)
		return;
	if (!can_measure_distances(graph, members)) {
		walk_three(q);
		return;
	}
	if (!measure_distances(q, component) || graph->tables.vertex[want].distance_mark != q->mark)
		return;
	q->length = graph->tables.vertex[want].distance < 2
			    ? 3
			    : graph->tables.vertex[want].distance + 1;
	for (q->longer = true; q->longer && q->length <= members; q->length++) {
		if (q->length > LH_CYCLE_MAX)
			q->cut = true;
		if (q->cut || graph->budget <= 0 || graph->found_n == LH_CYCLES_PER_CALL)
			return;
		walk(q);
	}
}

static void walk_all(struct lh_cycle_query *q, uint32_t component)
{
	q->length = 2;
	walk(q);
	if (q->graph->budget > 0 && q->graph->found_n < LH_CYCLES_PER_CALL)
		walk_longer(q, component);
	if (q->graph->budget <= 0)
		q->cut = true;
}

/* Semaphores that have become signals since their edges were made are no locks. */
static void drop_signal_semaphores(struct lh_order_graph *graph, const struct lh_order_input *input)
{
	for (uint32_t i = 0; i < graph->closings;)
		if (lh_order_is_lock(input, graph->tables.vertex[graph->closing[i]].lock))
			i++;
		else
			graph->closing[i] = graph->closing[--graph->closings];
}

void lh_cycle_search(struct lh_order_graph *graph, const struct lh_order_input *input,
		     lh_chain_id chain)
{
	lh_lock_id lock = input->chain[chain].lock;
	uint32_t want = lh_order_vertex_find(graph, lock);
	struct lh_cycle_query q = {.graph = graph, .input = input, .strict = true};

	if (!want || !lh_order_is_lock(input, lock) || lh_chain_holds(input, chain, lock) ||
	    !lh_visit_first(input, chain))
		return;
	find_closings(graph, input, chain, want);
	drop_signal_semaphores(graph, input);
	if (!graph->closings)
		return;
	graph->slot[0] = (struct lh_cycle_slot){.chain = chain, .want = want};
	if (lh_order_may_block(input, chain))
		walk_all(&q, lh_component_find(graph, want));
	q.strict = false;
	if (graph->flags & LH_ORDER_KEEP_FILTERED)
		walk_all(&q, lh_component_find(graph, want));
	graph->counts.cut += q.cut;
}
