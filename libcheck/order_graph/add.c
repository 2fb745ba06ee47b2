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
 *
 * A chain of n held locks shows n orders of the lock that is wanted, so n nested locks show n * n
 * / 2. Of a deep chain only the orders of its `near` innermost locks become edges at once, if one
 * of the near locks was itself wanted while the far ones were held: then a path of edges leads from
 * each far lock to the wanted one, and the components are the same as with all edges. A cycle lies
 * in one component. So the edge from a far lock is made when the far lock and the wanted one are in
 * one component.
 */
#include "libcheck/order_graph/order_graph_internal.h"

/* ---- ends of threads ---- */

/* The thread whose end this lock is. The lock's `initial` may name it; otherwise it is searched. */
static lh_thread_id thread_of_end_lock(const struct lh_order_graph *graph, lh_lock_id lock)
{
	uint32_t hint = lh_order_lock(graph, lock)->initial;
	uint32_t n = graph->rows.threads < graph->size.threads ? graph->rows.threads
							       : graph->size.threads;

	if (hint && hint < n && graph->rows.thread[hint].end_lock == lock)
		return hint;
	for (uint32_t t = n; t-- > 1;)
		if (graph->rows.thread[t].end_lock == lock)
			return t;
	return 0;
}

/* Of several visits of a chain by one thread, only the oldest makes a witness. */
static bool is_oldest_visit(const struct lh_order_graph *graph, uint32_t row)
{
	const struct lh_chain_visit *s = &graph->rows.visit[row];

	for (uint32_t i = graph->rows.chain[s->chain].visit; i && i < graph->rows.visits;
	     i = graph->rows.visit[i].next)
		if (i < row && graph->rows.visit[i].thread == s->thread)
			return false;
	return true;
}

static bool is_dependency(const struct lh_order_graph *graph, lh_chain_id chain)
{
	const struct lh_lock *l = lh_order_lock_of(graph, chain);

	if (graph->rows.chain[chain].flags & LH_CHAIN_STALE)
		return false;
	bool tries = LH_SITE_HOW(graph->rows.chain[chain].site) == LH_TRY;

	/* a failed try of a semaphore may be followed by a wait */
	if (tries && l->kind != LH_SEM && !(graph->flags & LH_ORDER_KEEP_FILTERED))
		return false;
	return !(l->flags & (LH_LOCK_SIGNAL | LH_LOCK_COUNTING)) &&
	       lh_kind_acts(l->kind) != LH_COND && l->kind != LH_BARRIER;
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

static bool is_wanted_often(const struct lh_order_graph *graph, lh_chain_id chain)
{
	uint32_t count = 0;

	for (; chain && chain < graph->rows.chains && count < MANY_CHAINS;
	     chain = graph->rows.chain[chain].next)
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
	return graph->vertex[v].has_in_edges ? v : 0;
}

static void add_thread_end_edge(struct lh_order_graph *graph, uint32_t row)
{
	const struct lh_chain_visit *s = &graph->rows.visit[row];
	lh_lock_id lock = graph->rows.chain[s->chain].lock;

	if (!is_dependency(graph, s->chain) || lh_chain_holds(graph, s->chain, lock) ||
	    !is_oldest_visit(graph, row))
		return;
	lh_order_edge_add(graph, graph->thread[s->thread].vertex, wanted_vertex(graph, lock),
			  s->chain);
}

/*
 * The vertex of a lock under which another is wanted. Its in-edges are made by add_in_edges, before
 * the call of this file ends. The lock may have been held by a chain that was given to the graph
 * under an earlier lock of its row: then its vertex is made only here.
 */
static uint32_t held_vertex(struct lh_order_graph *graph, lh_lock_id lock)
{
	uint32_t v = graph->held_last;

	if (graph->vertex[v].lock != lock)
		v = graph->held_last = lh_order_vertex_get(graph, lock);
	if (!v || graph->vertex[v].has_in_edges)
		return v;
	graph->vertex[v].has_in_edges = true;
	if (!(graph->flags & LH_ORDER_LOCK_LISTS))
		return v;
	graph->vertex[v].todo = graph->vertex_todo;
	graph->vertex_todo = v;
	return v;
}

/* ---- deep chains ---- */

/* Does the thread hold the lock that it wants? The last answers are kept: the next chain begins
 * with this one. */
static bool is_again(struct lh_order_graph *graph, lh_chain_id chain)
{
	lh_lock_id lock = graph->rows.chain[chain].lock;
	struct lh_held_again *last = &graph->again[chain % 2];

	/* the chain that holds the lock would be in the lock's list too */
	if ((graph->flags & LH_ORDER_LOCK_LISTS) && !graph->rows.chain[chain].next &&
	    lh_order_lock(graph, lock)->chains == chain)
		return false;

	if (last->chain != chain || last->lock != lock)
		*last = (struct lh_held_again){chain, lock, lh_chain_holds(graph, chain, lock)};
	return last->again;
}

/* The held locks of a chain, innermost first, and how each leads to the wanted lock. */
struct held_walk {
	bool deep;     /* the chain is */
	uint32_t n;    /* locks so far, this one included */
	uint32_t last; /* vertex of the lock before */
	bool covered;  /* all further ones lead to a lock that leads to the wanted one */
};

/* Is an edge from this held lock needed now? `v`: its vertex. The walk moves on. */
static bool needs_edge(struct lh_order_graph *graph, struct held_walk *w, lh_chain_id h, uint32_t v)
{
	bool near = w->n++ < graph->size.near,
	     leads = !near && (w->covered || lh_order_edge_find(graph, v, w->last));

	w->last = v;
	if (w->deep && !w->covered)
		w->covered = is_dependency(graph, h) &&
			     !LH_SITE_WITHOUT_GIL(graph->rows.chain[h].site) && !is_again(graph, h);
	return !leads;
}

/* Nothing further up the chain needs an edge now. */
static bool ends_here(const struct lh_order_graph *graph, const struct held_walk *w)
{
	return w->covered && w->n >= graph->size.near;
}

static bool has_witness(const struct lh_order_graph *graph, uint32_t e, lh_chain_id chain)
{
	for (uint32_t w = graph->edge[e].witness; w; w = graph->witness[w].next)
		if (graph->witness[w].chain == chain)
			return true;
	return false;
}

/* The edges of a deep chain from locks of the component in which the wanted lock, `to`, lies. */
static void add_far_edges_of(struct lh_order_graph *graph, lh_chain_id chain, uint32_t to)
{
	enum { STEPS_PER_EDGE = 8 };
	uint32_t component = lh_component_find(graph, to), n = 0;

	LH_FOR_EACH_HELD (graph, chain, h) {
		if (!lh_order_is_lock(graph, graph->rows.chain[h].lock) || n++ < graph->size.near)
			continue;
		uint32_t v = lh_order_vertex_find(graph, graph->rows.chain[h].lock);
		if (v && lh_component_find(graph, v) == component &&
		    !has_witness(graph, lh_order_edge_find(graph, v, to), chain)) {
			lh_order_edge_add(graph, v, to, chain);
			graph->far_left -= STEPS_PER_EDGE;
		}
	}
	graph->far_left -= n;
}

static void add_far_edges_into(struct lh_order_graph *graph, uint32_t v)
{
	lh_lock_id lock = graph->vertex[v].lock;
	uint32_t left = graph->rows.chains;

	for (lh_chain_id chain = lh_order_lock(graph, lock)->chains;
	     chain && chain < graph->rows.chains && left--; chain = graph->rows.chain[chain].next)
		if (chain <= graph->chain_high && graph->rows.chain[chain].lock == lock &&
		    lh_chain_is_deep(graph, chain) && is_dependency(graph, chain) &&
		    !lh_chain_holds(graph, chain, lock))
			add_far_edges_of(graph, chain, v);
}

/* The edges from the wanted lock into the held lock `v` that deep chains show. */
static void add_far_edges_between(struct lh_order_graph *graph, uint32_t want, uint32_t v)
{
	lh_lock_id lock = graph->vertex[v].lock;
	const struct lh_chain *row = graph->rows.chain;

	for (lh_chain_id chain = lh_order_lock(graph, lock)->chains;
	     chain && chain < graph->rows.chains && graph->far_left > 0; chain = row[chain].next) {
		graph->far_left -= 1 + row[chain].depth / 4;
		if (chain <= graph->chain_high && row[chain].lock == lock &&
		    lh_chain_is_deep(graph, chain) && is_dependency(graph, chain) &&
		    lh_chain_holds(graph, chain, graph->vertex[want].lock) &&
		    !lh_chain_holds(graph, chain, lock) &&
		    !has_witness(graph, lh_order_edge_find(graph, want, v), chain))
			lh_order_edge_add(graph, want, v, chain);
	}
}

/* The far edges that close a cycle of two with this dependency. */
static void add_closing_edges(struct lh_order_graph *graph, lh_chain_id chain)
{
	uint32_t want = lh_order_vertex_find(graph, graph->rows.chain[chain].lock),
		 component = want ? lh_component_find(graph, want) : 0;

	if (!want || graph->vertex[component].members < 2 || !is_dependency(graph, chain))
		return;
	LH_FOR_EACH_HELD (graph, chain, h) {
		uint32_t v = lh_order_vertex_find(graph, graph->rows.chain[h].lock);
		if (v && v != want && lh_component_find(graph, v) == component &&
		    lh_order_is_lock(graph, graph->rows.chain[h].lock))
			add_far_edges_between(graph, want, v);
	}
}

/*
 * Makes the far edges that the search from this chain needs, and those inside the components that
 * have grown. A call makes a bounded number of steps: if they do not suffice, the search counts as
 * cut, and the next call goes on.
 */
static void add_far_edges(struct lh_order_graph *graph, lh_chain_id chain)
{
	if (!graph->deep)
		return;
	graph->far_left = graph->size.budget_max / 8;
	add_closing_edges(graph, chain);
	while (graph->merged_todo && graph->far_left > 0) {
		uint32_t at = graph->merged_at ? graph->merged_at : graph->merged_todo;
		add_far_edges_into(graph, at);
		graph->merged_at = graph->vertex[at].next_member;
		if (graph->merged_at != graph->merged_todo)
			continue;
		at = graph->merged_todo;
		graph->merged_todo = graph->vertex[at].merged_todo;
		graph->vertex[at].has_merged = false;
		graph->merged_at = 0;
	}
	graph->counts.cut += graph->far_left <= 0;
}

/* A dependency's edges: from each held lock, and from the active ends of its threads. */
static void add_edges_into(struct lh_order_graph *graph, lh_chain_id chain, uint32_t to)
{
	struct held_walk w = {.deep = lh_chain_is_deep(graph, chain)};

	if (is_again(graph, chain))
		return;
	LH_FOR_EACH_HELD (graph, chain, h) {
		if (!lh_order_is_lock(graph, graph->rows.chain[h].lock))
			continue;
		uint32_t v = held_vertex(graph, graph->rows.chain[h].lock);
		if (needs_edge(graph, &w, h, v))
			lh_order_edge_add(graph, v, to, chain);
		if (ends_here(graph, &w))
			break;
	}
	if (lh_chain_is_deep(graph, chain) &&
	    graph->vertex[lh_component_find(graph, to)].members > 1)
		add_far_edges_of(graph, chain, to);
	for (uint32_t i = graph->rows.chain[chain].visit; i && i < graph->rows.visits;
	     i = graph->rows.visit[i].next)
		if (graph->rows.visit[i].thread < graph->size.threads &&
		    graph->thread[graph->rows.visit[i].thread].vertex)
			add_thread_end_edge(graph, i);
}

/* The list may hold chains of the row's previous lock. `left`: a damaged list may be cyclic. */
static void add_in_edges_of(struct lh_order_graph *graph, uint32_t v)
{
	lh_lock_id lock = graph->vertex[v].lock;
	uint32_t left = graph->rows.chains;

	for (lh_chain_id chain = lh_order_lock(graph, lock)->chains;
	     chain && chain < graph->rows.chains && left--; chain = graph->rows.chain[chain].next)
		if (chain <= graph->chain_high && graph->rows.chain[chain].lock == lock &&
		    is_dependency(graph, chain))
			add_edges_into(graph, chain, v);
}

/* Makes the in-edges of all vertices that now need them. */
static void add_in_edges(struct lh_order_graph *graph)
{
	while (graph->vertex_todo) {
		uint32_t v = graph->vertex_todo;
		graph->vertex_todo = graph->vertex[v].todo;
		add_in_edges_of(graph, v);
	}
}

static void activate(struct lh_order_graph *graph, lh_thread_id t)
{
	if (!t || graph->thread[t].active)
		return;
	graph->thread[t].active = true;
	graph->thread[t].todo = graph->todo;
	graph->todo = t;
}

static bool is_join(const struct lh_order_graph *graph, lh_chain_id chain)
{
	return lh_order_lock_of(graph, chain)->kind == LH_THREAD_END && is_dependency(graph, chain);
}

/* A thread joins t from now on, so the ends that t waits for matter too. */
static void set_wanted(struct lh_order_graph *graph, lh_thread_id t)
{
	graph->thread[t].wanted = true;
	for (uint32_t i = graph->thread[t].visit; i; i = graph->visit_next[i]) {
		lh_chain_id chain = graph->rows.visit[i].chain;
		if (chain <= graph->chain_high && is_join(graph, chain))
			activate(graph, thread_of_end_lock(graph, graph->rows.chain[chain].lock));
	}
}

static bool visited_by_joined(const struct lh_order_graph *graph, lh_chain_id chain)
{
	for (uint32_t i = graph->rows.chain[chain].visit; i && i < graph->rows.visits;
	     i = graph->rows.visit[i].next)
		if (graph->rows.visit[i].thread < graph->size.threads &&
		    graph->thread[graph->rows.visit[i].thread].wanted)
			return true;
	return false;
}

/* The chain joins a thread, and it or a visit of it is new. */
static void add_join(struct lh_order_graph *graph, lh_chain_id chain)
{
	lh_thread_id t = thread_of_end_lock(graph, graph->rows.chain[chain].lock);

	if (!t)
		return;
	if (!graph->thread[t].wanted)
		set_wanted(graph, t);
	if (lh_chain_parent(graph, chain) || visited_by_joined(graph, chain))
		activate(graph, t);
}

/* Adds the edges of ends that have become active. */
static void activate_threads(struct lh_order_graph *graph)
{
	while (graph->todo) {
		lh_thread_id t = graph->todo;
		struct lh_order_thread *l = &graph->thread[t];
		graph->todo = l->todo;
		l->vertex = held_vertex(graph, graph->rows.thread[t].end_lock);
		if (!l->vertex)
			continue;
		graph->vertex[l->vertex].thread_end = t;
		add_in_edges(graph);
		for (uint32_t i = l->visit; i; i = graph->visit_next[i])
			if (graph->rows.visit[i].chain <= graph->chain_high)
				add_thread_end_edge(graph, i);
	}
}

/* ---- new rows ---- */

static void add_visit_edges(struct lh_order_graph *graph, uint32_t row)
{
	const struct lh_chain_visit *s = &graph->rows.visit[row];

	if (!s->chain || s->chain > graph->chain_high)
		return;
	if (graph->thread[s->thread].vertex)
		add_thread_end_edge(graph, row);
	if (is_join(graph, s->chain))
		add_join(graph, s->chain);
}

static void link_visit(struct lh_order_graph *graph, uint32_t row)
{
	uint32_t *first = &graph->thread[graph->rows.visit[row].thread].visit;

	graph->visit_next[row] = *first;
	graph->visit_prev[row] = 0;
	graph->visit_prev[*first] = row;
	*first = row;
}

static void unlink_visit(struct lh_order_graph *graph, uint32_t row)
{
	uint32_t next = graph->visit_next[row], prev = graph->visit_prev[row];

	graph->visit_prev[next] = prev;
	if (prev)
		graph->visit_next[prev] = next;
	else
		graph->thread[graph->rows.visit[row].thread].visit = next;
	graph->visit_next[row] = graph->visit_prev[row] = 0;
}

static bool is_linked(const struct lh_order_graph *graph, uint32_t row)
{
	return graph->visit_prev[row] || graph->thread[graph->rows.visit[row].thread].visit == row;
}

static void add_visit(struct lh_order_graph *graph, uint32_t row)
{
	const struct lh_chain_visit *s = &graph->rows.visit[row];

	if (s->thread >= graph->size.threads || s->thread >= graph->rows.threads ||
	    s->chain >= graph->rows.chains)
		return;
	/* also a free row: its thread may use it again */
	link_visit(graph, row);
	add_visit_edges(graph, row);
}

static void add_hb_edge(struct lh_order_graph *graph, uint32_t row)
{
	lh_thread_id a = graph->rows.hb_edge[row].a;

	if (a >= graph->size.threads || lh_hb_is_mark(graph->rows.hb_edge[row].what))
		return;
	graph->hb_edge_next[row] = graph->thread[a].hb_edge;
	graph->thread[a].hb_edge = row;
}

bool lh_order_wants_to_write(const struct lh_order_graph *graph, lh_chain_id chain)
{
	return LH_SITE_MODE(graph->rows.chain[chain].site) == LH_EXCLUSIVE &&
	       (lh_order_lock_of(graph, chain)->flags & LH_LOCK_PREFER_WRITER);
}

/* Those of the far locks of a deep chain were made when the near ones were wanted. */
static void add_held_vertices(struct lh_order_graph *graph, lh_chain_id chain)
{
	struct held_walk w = {.deep = lh_chain_is_deep(graph, chain)};

	LH_FOR_EACH_HELD (graph, chain, h) {
		if (!lh_order_is_lock(graph, graph->rows.chain[h].lock))
			continue;
		needs_edge(graph, &w, h, held_vertex(graph, graph->rows.chain[h].lock));
		if (ends_here(graph, &w))
			return;
	}
}

static void add_edges(struct lh_order_graph *graph, lh_chain_id chain, lh_lock_id lock)
{
	bool finds = graph->flags & LH_ORDER_LOCK_LISTS; /* wanted_vertex makes no vertex */
	uint32_t to = finds ? wanted_vertex(graph, lock) : 0;

	if (!to && !is_again(graph, chain)) /* else add_edges_into makes those of the held locks */
		add_held_vertices(graph, chain);
	if (!finds)
		to = wanted_vertex(graph, lock);
	if (to)
		add_edges_into(graph, chain, to);
	else if (chain % COUNT_EVERY == 0 && is_wanted_often(graph, chain))
		held_vertex(graph, lock);
	add_in_edges(graph); /* also those of this chain, if its lock has got a vertex */
}

static void add_chain(struct lh_order_graph *graph, lh_chain_id chain)
{
	lh_lock_id lock = graph->rows.chain[chain].lock;
	const struct lh_lock *l = lh_order_lock(graph, lock);
	bool counting = (l->flags & LH_LOCK_COUNTING) && lh_chain_holds(graph, chain, lock);
	bool writes = (l->flags & LH_LOCK_PREFER_WRITER) && lh_order_wants_to_write(graph, chain);
	uint32_t v = counting || writes ? lh_order_vertex_get(graph, lock) : 0;

	if (counting) /* a permit is wanted while permits are held: an edge to itself */
		lh_order_edge_add(graph, v, v, chain);
	if (v && writes)
		lh_order_witness_add(graph, &graph->vertex[v].writers, chain);
	if (!is_dependency(graph, chain))
		return;
	graph->deep |= lh_chain_is_deep(graph, chain);
	add_edges(graph, chain, lock);
	if (l->kind == LH_THREAD_END)
		add_join(graph, chain);
}

void lh_order_chain_reused(struct lh_order_graph *graph, const struct lh_order_input *input,
			   lh_chain_id chain)
{
	graph->rows = *input;
	graph->again[chain % 2].chain = 0;
	if (chain <= graph->chain_high)
		add_chain(graph, chain);
	add_far_edges(graph, chain);
}

static void withdraw(struct lh_order_graph *graph, lh_chain_id chain, uint32_t from, uint32_t to)
{
	if (from && to)
		lh_order_edge_withdraw(graph, lh_order_edge_find(graph, from, to), chain);
}

void lh_order_remove_chain(struct lh_order_graph *graph, const struct lh_order_input *input,
			   lh_chain_id chain)
{
	graph->rows = *input;
	uint32_t to = lh_order_vertex_find(graph, graph->rows.chain[chain].lock);

	LH_FOR_EACH_HELD (graph, chain, h)
		withdraw(graph, chain, lh_order_vertex_find(graph, graph->rows.chain[h].lock), to);
	for (uint32_t i = graph->rows.chain[chain].visit; i && i < graph->rows.visits;
	     i = graph->rows.visit[i].next)
		if (graph->rows.visit[i].thread < graph->size.threads)
			withdraw(graph, chain, graph->thread[graph->rows.visit[i].thread].vertex,
				 to);
}

bool lh_order_remove_lock(struct lh_order_graph *graph, lh_lock_id lock)
{
	uint32_t v = lh_order_vertex_find(graph, lock);

	return !v || lh_order_vertex_remove(graph, v);
}

const uint8_t *lh_order_known_rows(const struct lh_order_graph *graph)
{
	return graph->knows;
}

void lh_order_add(struct lh_order_graph *graph, const struct lh_order_input *input,
		  lh_chain_id chain)
{
	graph->rows = *input;
	lh_order_add_chain(graph, chain);
}

/* Does the thread of this row have another one at its chain? */
static bool has_other_row(const struct lh_order_graph *graph, uint32_t row)
{
	const struct lh_chain_visit *s = &graph->rows.visit[row];

	for (uint32_t i = graph->rows.chain[s->chain].visit; i && i < graph->rows.visits;
	     i = graph->rows.visit[i].next)
		if (i != row && graph->rows.visit[i].thread == s->thread)
			return true;
	return false;
}

void lh_order_remove_visit(struct lh_order_graph *graph, const struct lh_order_input *input,
			   uint32_t visit)
{
	const struct lh_chain_visit *s = &input->visit[visit];

	graph->rows = *input;
	if (visit > graph->visit_high || s->thread >= graph->size.threads ||
	    !is_linked(graph, visit))
		return;
	if (!has_other_row(graph, visit))
		withdraw(graph, s->chain, graph->thread[s->thread].vertex,
			 lh_order_vertex_find(graph, graph->rows.chain[s->chain].lock));
	unlink_visit(graph, visit);
}

void lh_order_visit_reused(struct lh_order_graph *graph, const struct lh_order_input *input,
			   uint32_t visit)
{
	graph->rows = *input;
	if (visit > graph->visit_high)
		return;
	if (is_linked(graph, visit))
		add_visit_edges(graph, visit);
	else
		add_visit(graph, visit);
	add_far_edges(graph, graph->rows.visit[visit].chain);
}

/* Adds all new visits and happens-before edges, and new chains up to `chain`. */
void lh_order_add_chain(struct lh_order_graph *graph, lh_chain_id chain)
{
	while (graph->hb_edge_high + 1 < graph->rows.hb_edges &&
	       graph->hb_edge_high + 1 < graph->size.hb_edges)
		add_hb_edge(graph, ++graph->hb_edge_high);
	while (graph->visit_high + 1 < graph->rows.visits &&
	       graph->visit_high + 1 < graph->size.visits)
		add_visit(graph, ++graph->visit_high);
	while (graph->chain_high < chain)
		add_chain(graph, ++graph->chain_high);
	activate_threads(graph);
	add_far_edges(graph, chain);
}
