/*
 * add.c — adds new rows of the ledger to the graph.
 *
 * A new chain gives edges; edges.c and topo_order.c find out whether an edge closes a cycle of
 * locks, and only then cycle_search.c searches the cycles.
 *
 * The end of a thread is a lock that the thread always holds, so it would have an edge to every
 * lock that the thread wants. Hardly any thread is joined by a thread that holds a lock, so these
 * edges are made only once the end is *active*: a thread joins it that holds a lock or is itself
 * joined. Before that no cycle contains it.
 */
#include "libcheck/order_graph/order_graph_internal.h"

/* ---- ends of threads ---- */

/* The thread whose end this lock is. The lock's `initial` may name it; otherwise it is searched. */
static lh_thread_id thread_of_end_lock(const struct lh_order_graph *graph,
				       const struct lh_order_input *input, lh_lock_id lock)
{
	uint32_t hint = lh_order_lock_row(input, lock)->initial;
	uint32_t n = input->threads < graph->size.threads ? input->threads : graph->size.threads;

	if (hint && hint < n && input->thread[hint].end_lock == lock)
		return hint;
	for (uint32_t t = n; t-- > 1;)
		if (input->thread[t].end_lock == lock)
			return t;
	return 0;
}

/* Of several visits of a chain by one thread, only the oldest makes a witness. */
static bool is_oldest_visit(const struct lh_order_input *input, uint32_t row)
{
	const struct lh_chain_visit *s = &input->visit[row];

	for (uint32_t i = input->chain[s->chain].visit; i && i < input->visits;
	     i = input->visit[i].next)
		if (i < row && input->visit[i].thread == s->thread)
			return false;
	return true;
}

static bool is_dependency(const struct lh_order_graph *graph, const struct lh_order_input *input,
			  lh_chain_id chain)
{
	const struct lh_lock *l = lh_order_lock_row(input, input->chain[chain].lock);
	bool tries = LH_SITE_HOW(input->chain[chain].site) == LH_TRY;

	/* a failed try of a semaphore may be followed by a wait */
	if (tries && l->kind != LH_SEM && !(graph->flags & LH_ORDER_KEEP_FILTERED))
		return false;
	return !(l->flags & (LH_LOCK_SIGNAL | LH_LOCK_COUNTING)) && l->kind != LH_COND &&
	       l->kind != LH_BARRIER;
}

/* ---- locks without edges into them ---- */

/*
 * While most locks are held, no other lock is ever wanted. No cycle contains such a lock, so edges
 * into it would only cost memory: they are not made until `has_in_edges` is set, which is when
 * another lock is wanted while this one is held. From then on each chain that wants the lock gives
 * its edges at once, and the lock's list of chains gives the edges that were left out.
 *
 * A lock that many chains want gets its edges early. Otherwise the call that sets has_in_edges
 * would add all those edges at once.
 */
enum { MANY_CHAINS = 48, COUNT_EVERY = 16 };

static bool is_wanted_often(const struct lh_order_input *input, lh_chain_id chain)
{
	uint32_t count = 0;

	for (; chain && chain < input->chains && count < MANY_CHAINS;
	     chain = input->chain[chain].next)
		count++;
	return count == MANY_CHAINS;
}

/* The vertex that edges lead into, or 0: no edges are needed yet. */
static uint32_t wanted_vertex(struct lh_order_graph *graph, lh_lock_id lock)
{
	uint32_t v;

	if (!(graph->flags & LH_ORDER_LOCK_LISTS))
		return lh_order_vertex_get(graph, lock);
	v = lh_order_vertex_find(graph, lock);
	return graph->tables.vertex[v].has_in_edges ? v : 0;
}

static void add_thread_end_edge(struct lh_order_graph *graph, const struct lh_order_input *input,
				uint32_t row)
{
	const struct lh_chain_visit *s = &input->visit[row];
	lh_lock_id lock = input->chain[s->chain].lock;

	if (!is_dependency(graph, input, s->chain) || lh_chain_holds(input, s->chain, lock) ||
	    !is_oldest_visit(input, row))
		return;
	lh_order_edge_add(graph, graph->tables.thread[s->thread].vertex, wanted_vertex(graph, lock),
			  s->chain);
}

/* A dependency's edges: from each held lock, and from the active ends of its threads. */
static void add_edges_into(struct lh_order_graph *graph, const struct lh_order_input *input,
			   lh_chain_id chain, uint32_t to)
{
	lh_lock_id lock = input->chain[chain].lock;

	if (lh_chain_holds(input, chain, lock))
		return;
	LH_FOR_EACH_HELD(input, chain, h)
	if (lh_order_is_lock(input, input->chain[h].lock))
		lh_order_edge_add(graph, lh_order_vertex_find(graph, input->chain[h].lock), to,
				  chain);
	for (uint32_t i = input->chain[chain].visit; i && i < input->visits;
	     i = input->visit[i].next)
		if (input->visit[i].thread < graph->size.threads &&
		    graph->tables.thread[input->visit[i].thread].vertex)
			add_thread_end_edge(graph, input, i);
}

static uint32_t held_vertex(struct lh_order_graph *graph, const struct lh_order_input *input,
			    lh_lock_id lock)
{
	uint32_t v = lh_order_vertex_get(graph, lock), left = input->chains;

	if (!v || graph->tables.vertex[v].has_in_edges)
		return v;
	graph->tables.vertex[v].has_in_edges = true;
	if (!(graph->flags & LH_ORDER_LOCK_LISTS))
		return v;
	/* The list may hold chains of the row's previous lock. `left`: a damaged list may be
	 * cyclic. */
	for (lh_chain_id chain = lh_order_lock_row(input, lock)->chains;
	     chain && chain < input->chains && left--; chain = input->chain[chain].next)
		if (chain <= graph->chain_high && input->chain[chain].lock == lock &&
		    is_dependency(graph, input, chain))
			add_edges_into(graph, input, chain, v);
	return v;
}

bool lh_order_thread_end_matters(const struct lh_order_graph *graph, lh_thread_id thread)
{
	return thread < graph->size.threads && graph->tables.thread[thread].active;
}

static void activate(struct lh_order_graph *graph, lh_thread_id t)
{
	if (!t || graph->tables.thread[t].active)
		return;
	graph->tables.thread[t].active = true;
	graph->tables.thread[t].todo = graph->todo;
	graph->todo = t;
}

static bool is_join(const struct lh_order_graph *graph, const struct lh_order_input *input,
		    lh_chain_id chain)
{
	return lh_order_lock_row(input, input->chain[chain].lock)->kind == LH_THREAD_END &&
	       is_dependency(graph, input, chain);
}

/* A thread joins t from now on, so the ends that t waits for matter too. */
static void set_wanted(struct lh_order_graph *graph, const struct lh_order_input *input,
		       lh_thread_id t)
{
	graph->tables.thread[t].wanted = true;
	for (uint32_t i = graph->tables.thread[t].visit; i; i = graph->tables.visit_next[i]) {
		lh_chain_id chain = input->visit[i].chain;
		if (chain <= graph->chain_high && is_join(graph, input, chain))
			activate(graph, thread_of_end_lock(graph, input, input->chain[chain].lock));
	}
}

static bool visited_by_joined(const struct lh_order_graph *graph,
			      const struct lh_order_input *input, lh_chain_id chain)
{
	for (uint32_t i = input->chain[chain].visit; i && i < input->visits;
	     i = input->visit[i].next)
		if (input->visit[i].thread < graph->size.threads &&
		    graph->tables.thread[input->visit[i].thread].wanted)
			return true;
	return false;
}

/* The chain joins a thread, and it or a visit of it is new. */
static void add_join(struct lh_order_graph *graph, const struct lh_order_input *input,
		     lh_chain_id chain)
{
	lh_thread_id t = thread_of_end_lock(graph, input, input->chain[chain].lock);

	if (!t)
		return;
	if (!graph->tables.thread[t].wanted)
		set_wanted(graph, input, t);
	if (lh_chain_parent(input, chain) || visited_by_joined(graph, input, chain))
		activate(graph, t);
}

/* Adds the edges of ends that have become active. */
static void activate_threads(struct lh_order_graph *graph, const struct lh_order_input *input)
{
	while (graph->todo) {
		lh_thread_id t = graph->todo;
		struct lh_order_thread *l = &graph->tables.thread[t];
		graph->todo = l->todo;
		l->vertex = t ? held_vertex(graph, input, input->thread[t].end_lock) : 0;
		if (!l->vertex)
			continue;
		graph->tables.vertex[l->vertex].thread_end = t;
		for (uint32_t i = l->visit; i; i = graph->tables.visit_next[i])
			if (input->visit[i].chain <= graph->chain_high)
				add_thread_end_edge(graph, input, i);
	}
}

/* ---- new rows ---- */

static void add_visit(struct lh_order_graph *graph, const struct lh_order_input *input,
		      uint32_t row)
{
	const struct lh_chain_visit *s = &input->visit[row];

	if (s->thread >= graph->size.threads || s->thread >= input->threads || !s->chain ||
	    s->chain >= input->chains)
		return;
	graph->tables.visit_next[row] = graph->tables.thread[s->thread].visit;
	graph->tables.thread[s->thread].visit = row;
	if (s->chain > graph->chain_high)
		return;
	if (graph->tables.thread[s->thread].vertex)
		add_thread_end_edge(graph, input, row);
	if (is_join(graph, input, s->chain))
		add_join(graph, input, s->chain);
}

static void add_hb_edge(struct lh_order_graph *graph, const struct lh_order_input *input,
			uint32_t row)
{
	lh_thread_id a = input->hb_edge[row].a;

	if (a >= graph->size.threads ||
	    input->hb_edge[row].what >= LH_HB_CREATOR_RELEASED) /* these kinds order nothing */
		return;
	graph->tables.hb_edge_next[row] = graph->tables.thread[a].hb_edge;
	graph->tables.thread[a].hb_edge = row;
}

/* A permit is wanted while permits are held: an edge from the semaphore to itself. */
static void add_semaphore(struct lh_order_graph *graph, const struct lh_order_input *input,
			  lh_chain_id chain, lh_lock_id lock)
{
	uint32_t v;

	if (!(lh_order_lock_row(input, lock)->flags & LH_LOCK_COUNTING) ||
	    !lh_chain_holds(input, chain, lock))
		return;
	v = lh_order_vertex_get(graph, lock);
	lh_order_edge_add(graph, v, v, chain);
}

bool lh_order_asks_as_writer(const struct lh_order_input *input, lh_chain_id chain)
{
	return LH_SITE_MODE(input->chain[chain].site) == LH_EXCLUSIVE &&
	       (lh_order_lock_row(input, input->chain[chain].lock)->flags & LH_LOCK_PREFER_WRITER);
}

static void add_edges(struct lh_order_graph *graph, const struct lh_order_input *input,
		      lh_chain_id chain, lh_lock_id lock)
{
	if (!lh_chain_holds(input, chain, lock))
		LH_FOR_EACH_HELD(input, chain, h)
	if (lh_order_is_lock(input, input->chain[h].lock))
		held_vertex(graph, input, input->chain[h].lock);
	uint32_t to = wanted_vertex(graph, lock);
	if (!to && chain % COUNT_EVERY == 0 && is_wanted_often(input, chain))
		held_vertex(graph, input, lock);
	else
		add_edges_into(graph, input, chain, to);
}

static void add_chain(struct lh_order_graph *graph, const struct lh_order_input *input,
		      lh_chain_id chain)
{
	lh_lock_id lock = input->chain[chain].lock;
	const struct lh_lock *l = lh_order_lock_row(input, lock);

	add_semaphore(graph, input, chain, lock);
	if (lh_order_asks_as_writer(input, chain)) {
		uint32_t v = lh_order_vertex_get(graph, lock);
		if (v)
			lh_order_writer_add(graph, v, chain);
	}
	if (!is_dependency(graph, input, chain))
		return;
	add_edges(graph, input, chain, lock);
	if (l->kind == LH_THREAD_END)
		add_join(graph, input, chain);
}

void lh_order_chain_reused(struct lh_order_graph *graph, const struct lh_order_input *input,
			   lh_chain_id chain)
{
	if (chain <= graph->chain_high)
		add_chain(graph, input, chain);
}

/* Adds all new visits and happens-before edges, and new chains up to `chain`. */
void lh_order_add_chain(struct lh_order_graph *graph, const struct lh_order_input *input,
			lh_chain_id chain)
{
	while (graph->hb_edge_high + 1 < input->hb_edges &&
	       graph->hb_edge_high + 1 < graph->size.hb_edges)
		add_hb_edge(graph, input, ++graph->hb_edge_high);
	while (graph->visit_high + 1 < input->visits && graph->visit_high + 1 < graph->size.visits)
		add_visit(graph, input, ++graph->visit_high);
	while (graph->chain_high < chain)
		add_chain(graph, input, ++graph->chain_high);
	activate_threads(graph, input);
}
