/*
 * topo_order.c — which locks lie on circles.
 *
 * Locks that lie on a circle together form a group (a strongly connected component). The
 * groups stand in a row such that every edge between two groups leads upwards: an edge that
 * already does so closes nothing and costs nothing more. For one that leads downwards we look
 * at the part of the row between its two ends, and either move a part of it or melt what has
 * become a circle into one group.
 *
 * The row and its repair are those of "dynamic topological order" (Pearce and Kelly, JEA 11,
 * 2006), searched from both ends at once (as in Bender, Fineman, Gilbert and Tarjan, TALG 12,
 * 2015): the side that ends first is the smaller one, and moving it alone repairs the row.
 * Groups are kept by union-find, so an edge that closes a circle is not refused: it stays, and
 * later circles through it are found.
 *
 * - group heads: up == itself; members are a ring. `order`, `below`, `above`, `members` and the
 *   lists of outer edges count at heads only.
 * - the row is a list of heads; `order` rises along it and leaves gaps to move into.
 * - outer edges of a group: those that led outside when last looked at. One that has become an
 *   inner one is taken off when it is met, once and for all.
 */
#include "libcheck/order_graph/order_graph_internal.h"

enum { REORDER_MAX = 1 << 22 /* edges looked at for one new edge */ };
#define STRIDE (1ull << 32) /* between neighbours of the row, where there is room */

/* ---- the row ---- */

static void row_take(struct lh_order_graph *j, uint32_t v)
{
	uint32_t below = j->tables.vertex[v].topo_prev, above = j->tables.vertex[v].topo_next;

	*(below ? &j->tables.vertex[below].topo_next : &j->topo_first) = above;
	*(above ? &j->tables.vertex[above].topo_prev : &j->topo_last) = below;
}

/* Puts v right above `below`; 0: lowest of all. It has no order yet. */
static void row_link(struct lh_order_graph *j, uint32_t v, uint32_t below)
{
	uint32_t above = below ? j->tables.vertex[below].topo_next : j->topo_first;

	j->tables.vertex[v].topo_prev = below;
	j->tables.vertex[v].topo_next = above;
	*(below ? &j->tables.vertex[below].topo_next : &j->topo_first) = v;
	*(above ? &j->tables.vertex[above].topo_prev : &j->topo_last) = v;
}

/* Everyone gets a new order, all gaps alike. */
static void row_number(struct lh_order_graph *j)
{
	uint64_t gap = UINT64_MAX / ((uint64_t)j->counts.locks + 2), order = 0;

	for (uint32_t v = j->topo_first; v; v = j->tables.vertex[v].topo_next)
		j->tables.vertex[v].order = order += gap;
}

/* n neighbours, from `first` upwards, have just been linked in and share out the gap. */
static void row_share(struct lh_order_graph *j, uint32_t first, uint32_t n)
{
	uint32_t below = j->tables.vertex[first].topo_prev, above = first;
	uint64_t low, high, gap;

	for (uint32_t i = 0; i < n; i++)
		above = j->tables.vertex[above].topo_next;
	low = below ? j->tables.vertex[below].order : 0;
	high = above ? j->tables.vertex[above].order : UINT64_MAX;
	gap = (high - low) / ((uint64_t)n + 1);
	if (!gap) {
		row_number(j);
		return;
	}
	if (gap > STRIDE && (!below || !above))
		gap = STRIDE;
	if (!below && above)
		low = high - gap * ((uint64_t)n + 1);
	if (!below && !above)
		low = UINT64_MAX / 2;
	for (uint32_t v = first, i = 0; i < n; i++, v = j->tables.vertex[v].topo_next)
		j->tables.vertex[v].order = low += gap;
}

void lh_topo_insert(struct lh_order_graph *j, uint32_t v, uint32_t below)
{
	row_link(j, v, below);
	row_share(j, v, 1);
}

/* ---- groups ---- */

uint32_t lh_component_find(struct lh_order_graph *j, uint32_t v)
{
	while (j->tables.vertex[v].parent != v) {
		j->tables.vertex[v].parent = j->tables.vertex[j->tables.vertex[v].parent].parent;
		v = j->tables.vertex[v].parent;
	}
	return v;
}

void lh_component_edge_add(struct lh_component_edges *o, struct lh_order_graph *j,
			   enum lh_direction way, uint32_t e)
{
	j->tables.edge[e].component_next[way] = o->first;
	o->first = e;
	if (!o->last)
		o->last = e;
}

static void outer_append(struct lh_component_edges *o, struct lh_order_graph *j,
			 enum lh_direction way, const struct lh_component_edges *more)
{
	if (!more->first)
		return;
	if (o->first)
		j->tables.edge[o->last].component_next[way] = more->first;
	else
		o->first = more->first;
	o->last = more->last;
}

/* The group at the other end of the edge after `e` (0: the first) of g's list; 0 at its end.
 * Edges that have become inner ones are taken off. */
static uint32_t outer_step(struct lh_order_graph *j, uint32_t g, enum lh_direction way, uint32_t *e)
{
	struct lh_component_edges *o = &j->tables.vertex[g].component_edges[way];
	uint32_t *link = *e ? &j->tables.edge[*e].component_next[way] : &o->first, other;

	while (*link) {
		const struct lh_edge *x = &j->tables.edge[*link];
		other = lh_component_find(j, way == LH_FORWARD ? x->to : x->from);
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

/* Makes one group of two; answers its head. */
static uint32_t melt(struct lh_order_graph *j, uint32_t a, uint32_t b)
{
	struct lh_vertex *x = &j->tables.vertex[a], *y = &j->tables.vertex[b], *t;
	uint32_t ring;

	if (x->members < y->members) {
		t = x;
		x = y;
		y = t;
		a = b;
	}
	ring = x->next_member;
	x->next_member = y->next_member;
	y->next_member = ring;
	x->members += y->members;
	outer_append(&x->component_edges[LH_FORWARD], j, LH_FORWARD,
		     &y->component_edges[LH_FORWARD]);
	outer_append(&x->component_edges[LH_BACKWARD], j, LH_BACKWARD,
		     &y->component_edges[LH_BACKWARD]);
	y->parent = a;
	return a;
}

/* ---- repairing the row ---- */

/*
 * One of the two searches for a new edge from `tail` down to `head`. DOWN collects what can be
 * reached from head and lies not above tail; UP what reaches tail and lies not below head.
 */
struct side {
	enum lh_direction way;
	uint32_t *list, n;
	uint32_t at, edge; /* where it stands: list[at], and its outer edge */
	uint32_t stop;     /* the other end: it is not gone beyond */
	bool met;          /* the other end was reached: the edge closes a circle */
};

static bool seen(const struct lh_order_graph *j, const struct side *s, uint32_t v)
{
	return j->tables.vertex[v].side_mark[s->way] == j->mark;
}

static void visit(struct lh_order_graph *j, struct side *s, uint32_t v)
{
	j->tables.vertex[v].side_mark[s->way] = j->mark;
	s->list[s->n++] = v;
	s->met |= v == s->stop;
}

static bool within(const struct lh_order_graph *j, const struct side *s, uint32_t v)
{
	uint64_t order = j->tables.vertex[v].order, limit = j->tables.vertex[s->stop].order;

	return s->way == LH_FORWARD ? order <= limit : order >= limit;
}

/* Looks at one edge. False: there is none left. */
static bool look(struct lh_order_graph *j, struct side *s)
{
	uint32_t v;

	for (; s->at < s->n; s->at++, s->edge = 0) {
		v = s->list[s->at] == s->stop ? 0 : outer_step(j, s->list[s->at], s->way, &s->edge);
		if (!v)
			continue;
		if (!seen(j, s, v) && within(j, s, v))
			visit(j, s, v);
		return true;
	}
	return false;
}

/* By order, lowest first. Shell's sort: in place, no recursion. */
static void sort_by_order(const struct lh_order_graph *j, uint32_t *list, uint32_t n)
{
	for (uint32_t gap = n / 2; gap; gap = gap == 2 ? 1 : gap * 5 / 11)
		for (uint32_t i = gap; i < n; i++) {
			uint32_t v = list[i], k = i;
			uint64_t order = j->tables.vertex[v].order;
			for (; k >= gap && j->tables.vertex[list[k - gap]].order > order; k -= gap)
				list[k] = list[k - gap];
			list[k] = v;
		}
}

/* Does an edge lead from v (on this side's way) to one that is known to be on the circle? */
static bool leads_to_circle(struct lh_order_graph *j, const struct side *s, uint32_t v)
{
	uint32_t e = 0, other;

	while ((other = outer_step(j, v, s->way, &e)))
		if (j->tables.vertex[other].cycle_mark == j->mark && seen(j, s, other))
			return true;
	return false;
}

/*
 * The list is sorted. Marks what lies on the circle: what leads to `stop`. Every edge leads
 * upwards but the new one, which starts at (or ends in) stop, so one pass is enough.
 */
static void mark_circle(struct lh_order_graph *j, const struct side *s)
{
	for (uint32_t i = 0; i < s->n; i++) {
		uint32_t v = s->list[s->way == LH_FORWARD ? s->n - 1 - i : i];
		if (v == s->stop || leads_to_circle(j, s, v))
			j->tables.vertex[v].cycle_mark = j->mark;
	}
}

/* Melts the circle into one group, in stop's place of the row. The rest stays in the list. */
static void melt_circle(struct lh_order_graph *j, struct side *s)
{
	uint32_t head = s->stop, kept = 0, below, old = s->stop;
	uint64_t order = j->tables.vertex[old].order;

	for (uint32_t i = 0; i < s->n; i++) {
		uint32_t v = s->list[i];
		if (j->tables.vertex[v].cycle_mark != j->mark) {
			s->list[kept++] = v;
		} else if (v != old) {
			row_take(j, v);
			head = melt(j, head, v);
		}
	}
	s->n = kept;
	s->stop = head;
	if (head == old)
		return;
	below = j->tables.vertex[old].topo_prev;
	row_take(j, old);
	row_link(j, head, below);
	j->tables.vertex[head].order = order;
}

/* Moves the list, as it is sorted, right beyond the other end. */
static void move(struct lh_order_graph *j, const struct side *s)
{
	uint32_t below;

	if (!s->n)
		return;
	for (uint32_t i = 0; i < s->n; i++)
		row_take(j, s->list[i]);
	below = s->way == LH_FORWARD ? s->stop : j->tables.vertex[s->stop].topo_prev;
	for (uint32_t i = 0; i < s->n; i++) {
		row_link(j, s->list[i], below);
		below = s->list[i];
	}
	row_share(j, s->list[0], s->n);
}

static void settle(struct lh_order_graph *j, struct side *s)
{
	sort_by_order(j, s->list, s->n);
	if (s->met) {
		mark_circle(j, s);
		melt_circle(j, s);
	}
	move(j, s);
}

/* Whom nothing leads to may stand below all, and who leads nowhere above all. */
static bool step_aside(struct lh_order_graph *j, uint32_t from, uint32_t to)
{
	if (!j->tables.vertex[from].in) {
		row_take(j, from);
		lh_topo_insert(j, from, 0);
	} else if (!j->tables.vertex[to].out) {
		row_take(j, to);
		lh_topo_insert(j, to, j->topo_last);
	} else {
		return false;
	}
	return true;
}

void lh_topo_add_edge(struct lh_order_graph *j, uint32_t from, uint32_t to)
{
	uint32_t tail = lh_component_find(j, from), head = lh_component_find(j, to);
	struct side down = {.way = LH_FORWARD, .list = j->tables.list[0], .stop = tail};
	struct side up = {.way = LH_BACKWARD, .list = j->tables.list[1], .stop = head};

	if (tail == head || j->tables.vertex[tail].order < j->tables.vertex[head].order ||
	    step_aside(j, from, to))
		return;
	j->mark++;
	visit(j, &down, head);
	visit(j, &up, tail);
	for (uint32_t steps = 0; steps < REORDER_MAX; steps++) {
		if (!look(j, &down)) {
			settle(j, &down);
			return;
		}
		if (!look(j, &up)) {
			settle(j, &up);
			return;
		}
	}
	j->counts.cut++; /* the edge is there, but circles through it may be missed */
}

static bool row_ok(const struct lh_order_graph *j)
{
	uint32_t heads = 0, walked = 0;

	for (uint32_t v = 1; v <= j->counts.locks; v++)
		heads += j->tables.vertex[v].parent == v;
	for (uint32_t v = j->topo_first; v && walked <= heads; v = j->tables.vertex[v].topo_next) {
		const struct lh_vertex *x = &j->tables.vertex[v];
		if (x->parent != v ||
		    (x->topo_prev && j->tables.vertex[x->topo_prev].order >= x->order))
			return false;
		walked++;
	}
	return walked == heads;
}

static bool group_ok(struct lh_order_graph *j, uint32_t head)
{
	uint32_t n = 0, m = head;

	do {
		if (lh_component_find(j, m) != head)
			return false;
		n++;
		m = j->tables.vertex[m].next_member;
	} while (m != head && n <= j->counts.locks);
	return n == j->tables.vertex[head].members;
}

bool lh_order_graph_is_consistent(const struct lh_order_graph *j)
{
	struct lh_order_graph *mine =
		(struct lh_order_graph *)(uintptr_t)j; /* paths may get shorter, no more */

	for (uint32_t e = 1; e <= j->counts.edges; e++) {
		uint32_t a = lh_component_find(mine, j->tables.edge[e].from);
		uint32_t b = lh_component_find(mine, j->tables.edge[e].to);
		if (a != b && j->tables.vertex[a].order >= j->tables.vertex[b].order)
			return false;
		if (!j->tables.edge[e].witness && !j->counts.refused)
			return false;
	}
	for (uint32_t v = 1; v <= j->counts.locks; v++)
		if (j->tables.vertex[v].parent == v && !group_ok(mine, v))
			return false;
	return row_ok(j);
}
