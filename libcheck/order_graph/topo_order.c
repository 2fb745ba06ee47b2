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

static void topo_remove(struct lh_order_graph *graph, uint32_t v)
{
	uint32_t below = graph->tables.vertex[v].topo_prev,
		 above = graph->tables.vertex[v].topo_next;

	*(below ? &graph->tables.vertex[below].topo_next : &graph->topo_first) = above;
	*(above ? &graph->tables.vertex[above].topo_prev : &graph->topo_last) = below;
}

/* Links v right after `below`; 0: first of all. Does not set v's `order`. */
static void row_link(struct lh_order_graph *graph, uint32_t v, uint32_t below)
{
	uint32_t above = below ? graph->tables.vertex[below].topo_next : graph->topo_first;

	graph->tables.vertex[v].topo_prev = below;
	graph->tables.vertex[v].topo_next = above;
	*(below ? &graph->tables.vertex[below].topo_next : &graph->topo_first) = v;
	*(above ? &graph->tables.vertex[above].topo_prev : &graph->topo_last) = v;
}

/* Sets every `order` anew, with equal gaps. */
static void row_number(struct lh_order_graph *graph)
{
	uint64_t gap = UINT64_MAX / ((uint64_t)graph->counts.locks + 2), order = 0;

	for (uint32_t v = graph->topo_first; v; v = graph->tables.vertex[v].topo_next)
		graph->tables.vertex[v].order = order += gap;
}

/* Sets `order` of n vertices from `first` on, which have just been linked into one gap. */
static void row_share(struct lh_order_graph *graph, uint32_t first, uint32_t n)
{
	uint32_t below = graph->tables.vertex[first].topo_prev, above = first;
	uint64_t low, high, gap;

	for (uint32_t i = 0; i < n; i++)
		above = graph->tables.vertex[above].topo_next;
	low = below ? graph->tables.vertex[below].order : 0;
	high = above ? graph->tables.vertex[above].order : UINT64_MAX;
	gap = (high - low) / ((uint64_t)n + 1);
	if (!gap) {
		row_number(graph);
		return;
	}
	if (gap > STRIDE && (!below || !above))
		gap = STRIDE;
	if (!below && above)
		low = high - gap * ((uint64_t)n + 1);
	if (!below && !above)
		low = UINT64_MAX / 2;
	for (uint32_t v = first, i = 0; i < n; i++, v = graph->tables.vertex[v].topo_next)
		graph->tables.vertex[v].order = low += gap;
}

void lh_topo_insert(struct lh_order_graph *graph, uint32_t v, uint32_t below)
{
	row_link(graph, v, below);
	row_share(graph, v, 1);
}

/* ---- components ---- */

uint32_t lh_component_find(struct lh_order_graph *graph, uint32_t v)
{
	while (graph->tables.vertex[v].parent != v) {
		graph->tables.vertex[v].parent =
			graph->tables.vertex[graph->tables.vertex[v].parent].parent;
		v = graph->tables.vertex[v].parent;
	}
	return v;
}

void lh_component_edge_add(struct lh_component_edges *o, struct lh_order_graph *graph,
			   enum lh_direction way, uint32_t e)
{
	graph->tables.edge[e].component_next[way] = o->first;
	o->first = e;
	if (!o->last)
		o->last = e;
}

static void append_component_edges(struct lh_component_edges *o, struct lh_order_graph *graph,
				   enum lh_direction way, const struct lh_component_edges *more)
{
	if (!more->first)
		return;
	if (o->first)
		graph->tables.edge[o->last].component_next[way] = more->first;
	else
		o->first = more->first;
	o->last = more->last;
}

/* The component at the other end of the edge after `e` (0: of the first edge) in g's list; 0 at the
 * end of the list. Removes edges that now lie inside g. */
static uint32_t next_component_edge(struct lh_order_graph *graph, uint32_t g, enum lh_direction way,
				    uint32_t *e)
{
	struct lh_component_edges *o = &graph->tables.vertex[g].component_edges[way];
	uint32_t *link = *e ? &graph->tables.edge[*e].component_next[way] : &o->first, other;

	while (*link) {
		const struct lh_edge *x = &graph->tables.edge[*link];
		other = lh_component_find(graph, way == LH_FORWARD ? x->to : x->from);
		if (other != g) {
			*e = *link;
			return other;
		}
		if (o->last == *link)
			o->last = *e;
		*link = x->component_next[way];
	}
	return 0;
}

/* Merges two components; returns the new root. */
static uint32_t merge_components(struct lh_order_graph *graph, uint32_t a, uint32_t b)
{
	struct lh_vertex *x = &graph->tables.vertex[a], *y = &graph->tables.vertex[b], *t;
	uint32_t cycle;

	if (x->members < y->members) {
		t = x;
		x = y;
		y = t;
		a = b;
	}
	cycle = x->next_member;
	x->next_member = y->next_member;
	y->next_member = cycle;
	x->members += y->members;
	append_component_edges(&x->component_edges[LH_FORWARD], graph, LH_FORWARD,
			       &y->component_edges[LH_FORWARD]);
	append_component_edges(&x->component_edges[LH_BACKWARD], graph, LH_BACKWARD,
			       &y->component_edges[LH_BACKWARD]);
	y->parent = a;
	return a;
}

/* ---- repairing the order ---- */

/*
 * One of the two searches for a new edge from `tail` to `head`, where head is below tail. The
 * forward search collects what can be reached from head and is not above tail; the backward search
 * what reaches tail and is not below head.
 */
struct search_side {
	enum lh_direction way;
	uint32_t *list, n;
	uint32_t at, edge; /* state: list[at], and its component edge */
	uint32_t stop;     /* the other end, which bounds the search */
	bool met;          /* the other end was reached: the edge closes a cycle */
};

static bool is_marked(const struct lh_order_graph *graph, const struct search_side *s, uint32_t v)
{
	return graph->tables.vertex[v].side_mark[s->way] == graph->mark;
}

static void visit(struct lh_order_graph *graph, struct search_side *s, uint32_t v)
{
	graph->tables.vertex[v].side_mark[s->way] = graph->mark;
	s->list[s->n++] = v;
	s->met |= v == s->stop;
}

static bool within(const struct lh_order_graph *graph, const struct search_side *s, uint32_t v)
{
	uint64_t order = graph->tables.vertex[v].order, limit = graph->tables.vertex[s->stop].order;

	return s->way == LH_FORWARD ? order <= limit : order >= limit;
}

/* Reads one edge. False: there is none left. */
static bool step_side(struct lh_order_graph *graph, struct search_side *s)
{
	uint32_t v;

	for (; s->at < s->n; s->at++, s->edge = 0) {
		v = s->list[s->at] == s->stop
			    ? 0
			    : next_component_edge(graph, s->list[s->at], s->way, &s->edge);
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
			uint64_t order = graph->tables.vertex[v].order;
			for (; k >= gap && graph->tables.vertex[list[k - gap]].order > order;
			     k -= gap)
				list[k] = list[k - gap];
			list[k] = v;
		}
}

/* Does an edge lead from v, in this side's direction, to a component marked as on the cycle? */
static bool leads_to_cycle(struct lh_order_graph *graph, const struct search_side *s, uint32_t v)
{
	uint32_t e = 0, other;

	while ((other = next_component_edge(graph, v, s->way, &e)))
		if (graph->tables.vertex[other].cycle_mark == graph->mark &&
		    is_marked(graph, s, other))
			return true;
	return false;
}

/*
 * Marks what lies on the cycle: what leads to `stop`. The list is sorted, and every edge leads
 * upwards except the new one, which starts at (or ends in) stop, so one pass is enough.
 */
static void mark_cycle(struct lh_order_graph *graph, const struct search_side *s)
{
	for (uint32_t i = 0; i < s->n; i++) {
		uint32_t v = s->list[s->way == LH_FORWARD ? s->n - 1 - i : i];
		if (v == s->stop || leads_to_cycle(graph, s, v))
			graph->tables.vertex[v].cycle_mark = graph->mark;
	}
}

/* Merges the cycle into one component, at stop's position. The rest stays in the list. */
static void merge_cycle(struct lh_order_graph *graph, struct search_side *s)
{
	uint32_t head = s->stop, kept = 0, below, old = s->stop;
	uint64_t order = graph->tables.vertex[old].order;

	for (uint32_t i = 0; i < s->n; i++) {
		uint32_t v = s->list[i];
		if (graph->tables.vertex[v].cycle_mark != graph->mark) {
			s->list[kept++] = v;
		} else if (v != old) {
			topo_remove(graph, v);
			head = merge_components(graph, head, v);
		}
	}
	s->n = kept;
	s->stop = head;
	if (head == old)
		return;
	below = graph->tables.vertex[old].topo_prev;
	topo_remove(graph, old);
	row_link(graph, head, below);
	graph->tables.vertex[head].order = order;
}

/* Moves the sorted list right beyond the other end. */
static void move(struct lh_order_graph *graph, const struct search_side *s)
{
	uint32_t below;

	if (!s->n)
		return;
	for (uint32_t i = 0; i < s->n; i++)
		topo_remove(graph, s->list[i]);
	below = s->way == LH_FORWARD ? s->stop : graph->tables.vertex[s->stop].topo_prev;
	for (uint32_t i = 0; i < s->n; i++) {
		row_link(graph, s->list[i], below);
		below = s->list[i];
	}
	row_share(graph, s->list[0], s->n);
}

static void reorder(struct lh_order_graph *graph, struct search_side *s)
{
	sort_by_order(graph, s->list, s->n);
	if (s->met) {
		mark_cycle(graph, s);
		merge_cycle(graph, s);
	}
	move(graph, s);
}

/* A vertex without in-edges may go first in topological order; one without out-edges last. */
static bool step_aside(struct lh_order_graph *graph, uint32_t from, uint32_t to)
{
	if (!graph->tables.vertex[from].in) {
		topo_remove(graph, from);
		lh_topo_insert(graph, from, 0);
	} else if (!graph->tables.vertex[to].out) {
		topo_remove(graph, to);
		lh_topo_insert(graph, to, graph->topo_last);
	} else {
		return false;
	}
	return true;
}

void lh_topo_add_edge(struct lh_order_graph *graph, uint32_t from, uint32_t to)
{
	uint32_t tail = lh_component_find(graph, from), head = lh_component_find(graph, to);
	struct search_side down = {.way = LH_FORWARD, .list = graph->tables.list[0], .stop = tail};
	struct search_side up = {.way = LH_BACKWARD, .list = graph->tables.list[1], .stop = head};

	if (tail == head || graph->tables.vertex[tail].order < graph->tables.vertex[head].order ||
	    step_aside(graph, from, to))
		return;
	graph->mark++;
	visit(graph, &down, head);
	visit(graph, &up, tail);
	for (uint32_t steps = 0; steps < REORDER_MAX; steps++) {
		if (!step_side(graph, &down)) {
			reorder(graph, &down);
			return;
		}
		if (!step_side(graph, &up)) {
			reorder(graph, &up);
			return;
		}
	}
	graph->counts.cut++; /* the edge exists, but cycles through it may be missed */
}

static bool row_ok(const struct lh_order_graph *graph)
{
	uint32_t heads = 0, walked = 0;

	for (uint32_t v = 1; v <= graph->counts.locks; v++)
		heads += graph->tables.vertex[v].parent == v;
	for (uint32_t v = graph->topo_first; v && walked <= heads;
	     v = graph->tables.vertex[v].topo_next) {
		const struct lh_vertex *x = &graph->tables.vertex[v];
		if (x->parent != v ||
		    (x->topo_prev && graph->tables.vertex[x->topo_prev].order >= x->order))
			return false;
		walked++;
	}
	return walked == heads;
}

static bool group_ok(struct lh_order_graph *graph, uint32_t head)
{
	uint32_t n = 0, m = head;

	do {
		if (lh_component_find(graph, m) != head)
			return false;
		n++;
		m = graph->tables.vertex[m].next_member;
	} while (m != head && n <= graph->counts.locks);
	return n == graph->tables.vertex[head].members;
}

bool lh_order_graph_is_consistent(const struct lh_order_graph *graph)
{
	/* not const: lh_component_find may shorten paths to roots */
	struct lh_order_graph *mine = (struct lh_order_graph *)(uintptr_t)graph;

	for (uint32_t e = 1; e <= graph->counts.edges; e++) {
		uint32_t a = lh_component_find(mine, graph->tables.edge[e].from);
		uint32_t b = lh_component_find(mine, graph->tables.edge[e].to);
		if (a != b && graph->tables.vertex[a].order >= graph->tables.vertex[b].order)
			return false;
		if (!graph->tables.edge[e].witness && !graph->counts.refused)
			return false;
	}
	for (uint32_t v = 1; v <= graph->counts.locks; v++)
		if (graph->tables.vertex[v].parent == v && !group_ok(mine, v))
			return false;
	return row_ok(graph);
}
