/*
 * topo_order.c — the components of the graph, which show the locks that lie on cycles, and their
 * topological order.
 *
 * Locks that lie on a cycle together are one strongly connected component. The components are in
 * topological order: every edge between two components leads upwards. An edge that leads upwards
 * closes no cycle and costs nothing more. For an edge that leads downwards, the part of the order
 * between its two ends is searched; then a part of it is moved, or the components that form a cycle
 * are merged.
 *
 * The order and its repair are those of "dynamic topological order" (Pearce and Kelly, JEA 11,
 * 2006), searched from both ends at once (as in Bender, Fineman, Gilbert and Tarjan, TALG 12,
 * 2015): the search that ends first has found the smaller part, and moving that part repairs the
 * order. Components are kept by union-find, so an edge that closes a cycle is not refused: later
 * cycles through it are found.
 *
 * - A root has parent == itself. `order`, `topo_prev`, `topo_next`, `members` and component_edges
 *   are valid at roots only. next_member links the members in a ring.
 * - The roots are a list in topological order; `order` rises along it, with gaps to move into.
 * - component_edges are the edges that led to other components when last read. An edge that now
 *   lies inside the component is removed when it is met.
 */
#include "libcheck/order_graph/order_graph_internal.h"

enum { REORDER_MAX = 1 << 22 /* edges read for one new edge */ };
#define STRIDE (1ull << 32) /* between neighbours in the order, where there is room */

/* ---- the order ---- */

void lh_topo_remove(struct lh_order_graph *graph, uint32_t v)
{
	uint32_t prev = graph->vertex[v].topo_prev, next = graph->vertex[v].topo_next;

	*(prev ? &graph->vertex[prev].topo_next : &graph->topo_first) = next;
	*(next ? &graph->vertex[next].topo_prev : &graph->topo_last) = prev;
}

/* Links v right after `prev`; 0: first of all. Does not set v's `order`. */
static void topo_link(struct lh_order_graph *graph, uint32_t v, uint32_t prev)
{
	uint32_t next = prev ? graph->vertex[prev].topo_next : graph->topo_first;

	graph->vertex[v].topo_prev = prev;
	graph->vertex[v].topo_next = next;
	*(prev ? &graph->vertex[prev].topo_next : &graph->topo_first) = v;
	*(next ? &graph->vertex[next].topo_prev : &graph->topo_last) = v;
}

/* Sets every `order` anew, with equal gaps. */
static void topo_renumber(struct lh_order_graph *graph)
{
	uint64_t gap = UINT64_MAX / ((uint64_t)graph->counts.locks + 2), order = 0;

	for (uint32_t v = graph->topo_first; v; v = graph->vertex[v].topo_next)
		graph->vertex[v].order = order += gap;
}

/* Sets `order` of n vertices from `first` on, which have just been linked into one gap. */
static void topo_set_orders(struct lh_order_graph *graph, uint32_t first, uint32_t n)
{
	uint32_t prev = graph->vertex[first].topo_prev, next = first;
	uint64_t low, high, gap;

	for (uint32_t i = 0; i < n; i++)
		next = graph->vertex[next].topo_next;
	low = prev ? graph->vertex[prev].order : 0;
	high = next ? graph->vertex[next].order : UINT64_MAX;
	gap = (high - low) / ((uint64_t)n + 1);
	if (!gap) {
		topo_renumber(graph);
		return;
	}
	if (gap > STRIDE && (!prev || !next))
		gap = STRIDE;
	if (!prev && next)
		low = high - gap * ((uint64_t)n + 1);
	if (!prev && !next)
		low = UINT64_MAX / 2;
	for (uint32_t v = first, i = 0; i < n; i++, v = graph->vertex[v].topo_next)
		graph->vertex[v].order = low += gap;
}

void lh_topo_insert(struct lh_order_graph *graph, uint32_t v, uint32_t prev)
{
	topo_link(graph, v, prev);
	topo_set_orders(graph, v, 1);
}

/* ---- components ---- */

uint32_t lh_component_find(struct lh_order_graph *graph, uint32_t v)
{
	while (graph->vertex[v].parent != v) {
		graph->vertex[v].parent = graph->vertex[graph->vertex[v].parent].parent;
		v = graph->vertex[v].parent;
	}
	return v;
}

void lh_component_edge_add(struct lh_order_graph *graph, uint32_t v, enum lh_direction direction,
			   uint32_t e)
{
	struct lh_component_edges *edges =
		&graph->vertex[lh_component_find(graph, v)].component_edges[direction];

	graph->edge[e].component_next[direction] = edges->first;
	graph->edge[e].component_prev[direction] = 0;
	graph->edge[e].component_listed |= 1u << direction;
	if (edges->first)
		graph->edge[edges->first].component_prev[direction] = e;
	edges->first = e;
	if (!edges->last)
		edges->last = e;
}

void lh_component_edge_remove(struct lh_order_graph *graph, uint32_t v, enum lh_direction direction,
			      uint32_t e)
{
	struct lh_component_edges *edges =
		&graph->vertex[lh_component_find(graph, v)].component_edges[direction];
	struct lh_edge *x = &graph->edge[e];
	uint32_t next = x->component_next[direction], prev = x->component_prev[direction];

	if (!(x->component_listed & 1u << direction))
		return;
	x->component_listed &= ~(1u << direction);
	*(prev ? &graph->edge[prev].component_next[direction] : &edges->first) = next;
	*(next ? &graph->edge[next].component_prev[direction] : &edges->last) = prev;
}

static void append_component_edges(struct lh_order_graph *graph, struct lh_vertex *to,
				   const struct lh_vertex *from, enum lh_direction direction)
{
	struct lh_component_edges *edges = &to->component_edges[direction];
	const struct lh_component_edges *more = &from->component_edges[direction];

	if (!more->first)
		return;
	if (edges->first) {
		graph->edge[edges->last].component_next[direction] = more->first;
		graph->edge[more->first].component_prev[direction] = edges->last;
	} else {
		edges->first = more->first;
	}
	edges->last = more->last;
}

/* The component at the other end of the edge after `e` (0: of the first edge) of the list; 0 at the
 * end of the list. Removes edges that now lie inside the component. */
static uint32_t next_component_edge(struct lh_order_graph *graph, uint32_t component,
				    enum lh_direction direction, uint32_t *e)
{
	struct lh_component_edges *edges = &graph->vertex[component].component_edges[direction];
	uint32_t at = *e ? graph->edge[*e].component_next[direction] : edges->first, next, other;

	for (; at; at = next) {
		const struct lh_edge *x = &graph->edge[at];
		next = x->component_next[direction];
		other = lh_component_find(graph, direction == LH_FORWARD ? x->key.to : x->key.from);
		if (other != component) {
			*e = at;
			return other;
		}
		lh_component_edge_remove(graph, component, direction, at);
	}
	return 0;
}

/* Merges two components; returns the new root. */
static uint32_t merge_components(struct lh_order_graph *graph, uint32_t a, uint32_t b)
{
	uint32_t root = graph->vertex[a].members < graph->vertex[b].members ? b : a;
	struct lh_vertex *x = &graph->vertex[root], *y = &graph->vertex[root == a ? b : a];
	uint32_t member = x->next_member;

	x->next_member = y->next_member;
	y->next_member = member;
	x->members += y->members;
	append_component_edges(graph, x, y, LH_FORWARD);
	append_component_edges(graph, x, y, LH_BACKWARD);
	y->parent = root;
	if (graph->deep)
		lh_order_note_merged(graph, root);
	return root;
}

/* ---- repairing the order ---- */

/*
 * One of the two searches for a new edge from `tail` to `head`, where head is below tail. The
 * forward search collects what can be reached from head and is not above tail; the backward search
 * what reaches tail and is not below head.
 */
struct topo_search {
	enum lh_direction direction;
	uint32_t *list, n;
	uint32_t at, edge; /* state: list[at], and its component edge */
	uint32_t stop;     /* the other end, which bounds the search */
	bool met;          /* the other end was reached: the edge closes a cycle */
};

static bool is_marked(const struct lh_order_graph *graph, const struct topo_search *s, uint32_t v)
{
	return graph->vertex[v].search_mark[s->direction] == graph->mark;
}

static void visit(struct lh_order_graph *graph, struct topo_search *s, uint32_t v)
{
	graph->vertex[v].search_mark[s->direction] = graph->mark;
	s->list[s->n++] = v;
	s->met |= v == s->stop;
}

static bool within(const struct lh_order_graph *graph, const struct topo_search *s, uint32_t v)
{
	uint64_t order = graph->vertex[v].order, limit = graph->vertex[s->stop].order;

	return s->direction == LH_FORWARD ? order <= limit : order >= limit;
}

/* Reads one edge. False: there is none left. */
static bool step_search(struct lh_order_graph *graph, struct topo_search *s)
{
	uint32_t v;

	for (; s->at < s->n; s->at++, s->edge = 0) {
		v = s->list[s->at] == s->stop
			    ? 0
			    : next_component_edge(graph, s->list[s->at], s->direction, &s->edge);
		if (!v)
			continue;
		if (!is_marked(graph, s, v) && within(graph, s, v))
			visit(graph, s, v);
		return true;
	}
	return false;
}

/* By order, lowest first. Shell's sort: in place, no recursion. */
static void sort_by_order(const struct lh_order_graph *graph, uint32_t *list, uint32_t n)
{
	for (uint32_t gap = n / 2; gap; gap = gap == 2 ? 1 : gap * 5 / 11)
		for (uint32_t i = gap; i < n; i++) {
			uint32_t v = list[i], k = i;
			uint64_t order = graph->vertex[v].order;
			for (; k >= gap && graph->vertex[list[k - gap]].order > order; k -= gap)
				list[k] = list[k - gap];
			list[k] = v;
		}
}

/* Does an edge lead from v, in this side's direction, to a component marked as on the cycle? */
static bool leads_to_cycle(struct lh_order_graph *graph, const struct topo_search *s, uint32_t v)
{
	uint32_t e = 0, other;

	while ((other = next_component_edge(graph, v, s->direction, &e)))
		if (graph->vertex[other].cycle_mark == graph->mark && is_marked(graph, s, other))
			return true;
	return false;
}

/*
 * Marks what lies on the cycle: what leads to `stop`. The list is sorted, and every edge leads
 * upwards except the new one, which starts at (or ends in) stop, so one pass is enough.
 */
static void mark_cycle(struct lh_order_graph *graph, const struct topo_search *s)
{
	for (uint32_t i = 0; i < s->n; i++) {
		uint32_t v = s->list[s->direction == LH_FORWARD ? s->n - 1 - i : i];
		if (v == s->stop || leads_to_cycle(graph, s, v))
			graph->vertex[v].cycle_mark = graph->mark;
	}
}

/* Merges the cycle into one component, at stop's position. The rest stays in the list. */
static void merge_cycle(struct lh_order_graph *graph, struct topo_search *s)
{
	uint32_t root = s->stop, remaining = 0, prev, old = s->stop;
	uint64_t order = graph->vertex[old].order;

	for (uint32_t i = 0; i < s->n; i++) {
		uint32_t v = s->list[i];
		if (graph->vertex[v].cycle_mark != graph->mark) {
			s->list[remaining++] = v;
		} else if (v != old) {
			lh_topo_remove(graph, v);
			root = merge_components(graph, root, v);
		}
	}
	s->n = remaining;
	s->stop = root;
	if (root == old)
		return;
	prev = graph->vertex[old].topo_prev;
	lh_topo_remove(graph, old);
	topo_link(graph, root, prev);
	graph->vertex[root].order = order;
}

/* Moves the sorted list right beyond the other end. */
static void move(struct lh_order_graph *graph, const struct topo_search *s)
{
	uint32_t prev;

	if (!s->n)
		return;
	for (uint32_t i = 0; i < s->n; i++)
		lh_topo_remove(graph, s->list[i]);
	prev = s->direction == LH_FORWARD ? s->stop : graph->vertex[s->stop].topo_prev;
	for (uint32_t i = 0; i < s->n; i++) {
		topo_link(graph, s->list[i], prev);
		prev = s->list[i];
	}
	topo_set_orders(graph, s->list[0], s->n);
}

static void reorder(struct lh_order_graph *graph, struct topo_search *s)
{
	sort_by_order(graph, s->list, s->n);
	if (s->met) {
		mark_cycle(graph, s);
		merge_cycle(graph, s);
	}
	move(graph, s);
}

static bool is_alone(const struct lh_order_graph *graph, uint32_t v)
{
	return graph->vertex[v].parent == v && graph->vertex[v].members == 1;
}

/* A vertex without in-edges may go first in topological order; one without out-edges last. A vertex
 * of a larger component may have lost its edges. */
static bool move_to_end(struct lh_order_graph *graph, uint32_t from, uint32_t to)
{
	if (!graph->vertex[from].in && is_alone(graph, from)) {
		lh_topo_remove(graph, from);
		lh_topo_insert(graph, from, 0);
	} else if (!graph->vertex[to].out && is_alone(graph, to)) {
		lh_topo_remove(graph, to);
		lh_topo_insert(graph, to, graph->topo_last);
	} else {
		return false;
	}
	return true;
}

void lh_topo_add_edge(struct lh_order_graph *graph, uint32_t from, uint32_t to)
{
	uint32_t tail = lh_component_find(graph, from), head = lh_component_find(graph, to);
	struct topo_search forward = {
		.direction = LH_FORWARD, .list = graph->list[0], .stop = tail};
	struct topo_search backward = {
		.direction = LH_BACKWARD, .list = graph->list[1], .stop = head};

	if (tail == head || graph->vertex[tail].order < graph->vertex[head].order ||
	    move_to_end(graph, from, to))
		return;
	graph->mark++;
	visit(graph, &forward, head);
	visit(graph, &backward, tail);
	for (uint32_t steps = 0; steps < REORDER_MAX; steps++) {
		struct topo_search *done = step_search(graph, &forward) ? NULL : &forward;
		if (!done && !step_search(graph, &backward))
			done = &backward;
		if (done) {
			reorder(graph, done);
			return;
		}
	}
	graph->counts.cut++; /* the edge exists, but cycles through it may be missed */
}

static bool order_is_consistent(const struct lh_order_graph *graph)
{
	uint32_t roots = 0, walked = 0;

	for (uint32_t v = 1; v <= graph->vertex_by_lock.rows; v++)
		roots += graph->vertex[v].parent == v;
	for (uint32_t v = graph->topo_first; v && walked <= roots; v = graph->vertex[v].topo_next) {
		const struct lh_vertex *x = &graph->vertex[v];
		if (x->parent != v ||
		    (x->topo_prev && graph->vertex[x->topo_prev].order >= x->order))
			return false;
		walked++;
	}
	return walked == roots;
}

static bool component_is_consistent(struct lh_order_graph *graph, uint32_t root)
{
	uint32_t n = 0, m = root;

	do {
		if (lh_component_find(graph, m) != root)
			return false;
		n++;
		m = graph->vertex[m].next_member;
	} while (m != root && n <= graph->counts.locks);
	return n == graph->vertex[root].members;
}

bool lh_order_graph_is_consistent(struct lh_order_graph *graph)
{
	for (uint32_t e = 1; e <= graph->edge_by_ends.rows; e++) {
		if (!graph->edge[e].key.from) /* removed */
			continue;
		uint32_t a = lh_component_find(graph, graph->edge[e].key.from);
		uint32_t b = lh_component_find(graph, graph->edge[e].key.to);
		if (a != b && graph->vertex[a].order >= graph->vertex[b].order)
			return false;
		if (!graph->edge[e].witness && !graph->counts.refused)
			return false;
	}
	for (uint32_t v = 1; v <= graph->vertex_by_lock.rows; v++)
		if (graph->vertex[v].parent == v && !component_is_consistent(graph, v))
			return false;
	return order_is_consistent(graph);
}
