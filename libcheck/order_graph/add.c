/*
 * add.c — takes new rows in.
 *
 * Taking a node in adds its edges; whether they close a circle is then a question of groups
 * (edges.c), and only if they do the circles are walked (cycle_search.c).
 *
 * A thread's life is a lock that it holds in everything it does, so it would have an edge to
 * everything the thread asks for. Nearly no thread is ever waited for under a lock, so these
 * edges are made only for a life that is *active*: someone joins it who holds a lock, or
 * whose own life is wanted. Without that no circle can go through it.
 */
#include "libcheck/order_graph/order_graph_internal.h"

/* ---- lives ---- */

/* Whose life is it? The lock's `initial` may say so; else we look. */
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

/* Several rows of one thread at one node stand for one witness: the oldest. */
static bool oldest_row(const struct lh_order_input *input, uint32_t row)
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

	/* A failed try of a semaphore may be followed by a wait later on. */
	if (tries && l->kind != LH_SEM && !(graph->flags & LH_ORDER_KEEP_FILTERED))
		return false;
	return !(l->flags & (LH_LOCK_SIGNAL | LH_LOCK_COUNTING)) && l->kind != LH_COND &&
	       l->kind != LH_BARRIER;
}

/* ---- locks that lie inside ---- */

/*
 * Under most locks nothing is ever asked for. No circle goes through such a lock, so edges
 * into it would only cost memory: it gets no vertex until it is *inner*, held by somebody
 * who asks for another. From then on each node that wants it gives its edges at once, and
 * the list of those that have wanted it so far gives the ones that were left out.
 *
 * One that is wanted in many places gets its vertex before it is needed: or the call that
 * makes it inner would pay for all of them at once.
 */
enum { MANY_WANT = 48, LOOK_EVERY = 16 };

static bool is_wanted_often(const struct lh_order_input *input, lh_chain_id chain)
{
	uint32_t count = 0;

	for (; chain && chain < input->chains && count < MANY_WANT;
	     chain = input->chain[chain].next)
		count++;
	return count == MANY_WANT;
}

/* The vertex that edges lead into, or 0: there is no need of any yet. */
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
	    !oldest_row(input, row))
		return;
	lh_order_edge_add(graph, graph->tables.thread[s->thread].vertex, wanted_vertex(graph, lock),
			  s->chain);
}

/* A dependency's edges: from each lock that is held, and from the lives of its threads. */
static void edges_into(struct lh_order_graph *graph, const struct lh_order_input *input,
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
	/* whoever wrote the rows: a list that goes in circles ends */
	for (lh_chain_id chain = lh_order_lock_row(input, lock)->chains;
	     chain && chain < input->chains && left--; chain = input->chain[chain].next)
		if (chain <= graph->chain_high && input->chain[chain].lock == lock &&
		    is_dependency(graph, input, chain))
			edges_into(graph, input, chain,
				   v); /* not one of the lock that the row was before */
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

/* This thread is waited for from now on, so the lives that it waits for matter too. */
static void now_wanted(struct lh_order_graph *graph, const struct lh_order_input *input,
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

/* Node n wants a life, and is new or was seen by one more. */
static void is_joined(struct lh_order_graph *graph, const struct lh_order_input *input,
		      lh_chain_id chain)
{
	lh_thread_id t = thread_of_end_lock(graph, input, input->chain[chain].lock);

	if (!t)
		return;
	if (!graph->tables.thread[t].wanted)
		now_wanted(graph, input, t);
	if (lh_chain_parent(input, chain) || visited_by_joined(graph, input, chain))
		activate(graph, t);
}

/* Gives lives that have become active their edges. */
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

/* ---- taking in ---- */

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
		is_joined(graph, input, s->chain);
}

static void take_event(struct lh_order_graph *graph, const struct lh_order_input *input,
		       uint32_t row)
{
	lh_thread_id a = input->hb_edge[row].a;

	if (a >= graph->size.threads ||
	    input->hb_edge[row].what >= LH_HB_CREATOR_RELEASED) /* they order nothing */
		return;
	graph->tables.hb_edge_next[row] = graph->tables.thread[a].hb_edge;
	graph->tables.thread[a].hb_edge = row;
}

/* Permits wanted while permits are held: an edge from the semaphore to itself. */
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

static void take_edges(struct lh_order_graph *graph, const struct lh_order_input *input,
		       lh_chain_id chain, lh_lock_id lock)
{
	if (!lh_chain_holds(input, chain, lock))
		LH_FOR_EACH_HELD(input, chain, h)
	if (lh_order_is_lock(input, input->chain[h].lock))
		held_vertex(graph, input, input->chain[h].lock);
	uint32_t to = wanted_vertex(graph, lock);
	if (!to && chain % LOOK_EVERY == 0 && is_wanted_often(input, chain))
		held_vertex(graph, input, lock);
	else
		edges_into(graph, input, chain, to);
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
	take_edges(graph, input, chain, lock);
	if (l->kind == LH_THREAD_END)
		is_joined(graph, input, chain);
}

void lh_order_chain_reused(struct lh_order_graph *graph, const struct lh_order_input *input,
			   lh_chain_id chain)
{
	if (chain <= graph->chain_high)
		add_chain(graph, input, chain);
}

/* Everything new, of nodes only those up to n. */
void lh_order_add_chain(struct lh_order_graph *graph, const struct lh_order_input *input,
			lh_chain_id chain)
{
	while (graph->hb_edge_high + 1 < input->hb_edges &&
	       graph->hb_edge_high + 1 < graph->size.hb_edges)
		take_event(graph, input, ++graph->hb_edge_high);
	while (graph->visit_high + 1 < input->visits && graph->visit_high + 1 < graph->size.visits)
		add_visit(graph, input, ++graph->visit_high);
	while (graph->chain_high < chain)
		add_chain(graph, input, ++graph->chain_high);
	activate_threads(graph, input);
}
