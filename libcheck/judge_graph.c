/*
 * judge_graph.c — which lock was asked for while which was held, and which locks lie on circles.
 *
 * Locks that lie on a circle together form a group (a strongly connected component). The
 * groups are kept in an order such that every edge between two groups goes upwards: an edge
 * that already does so closes nothing and costs nothing more. One that goes downwards makes
 * us look at the part of the graph between its two ends only, and either move that part or
 * melt what has become a circle into one group.
 *
 * The order is that of Pearce and Kelly ("A dynamic topological sort algorithm for directed
 * acyclic graphs", ACM JEA 11, 2006): collect what can be reached from the head of the edge
 * below its tail, and what reaches the tail above its head; these two sets share out the
 * places that they have between them. Groups are kept by union-find, so nothing is lost when
 * an edge closes a circle: it stays, and later circles through it are found.
 *
 * - group heads: up == itself; members are a ring; `order` and `members` count at heads only.
 * - orders are distinct among heads; gaps appear where groups have melted.
 */
#include "judge_inside.h"

enum { REORDER_MAX = 1 << 22 /* edges looked at for one new edge */ };

static uint32_t spread(uint64_t v)
{
	v *= 0x9e3779b97f4a7c15u;
	return (uint32_t)(v >> 32);
}

/* ---- vertices and edges ---- */

uint32_t lh_judge_vertex(struct lh_judge *j, lh_lock_id lock)
{
	uint32_t v = j->at.vertex_head[spread(lock) & j->at.vertex_mask];

	while (v && j->at.vertex[v].lock != lock)
		v = j->at.vertex[v].hash_next;
	return v;
}

uint32_t lh_judge_vertex_make(struct lh_judge *j, lh_lock_id lock)
{
	uint32_t *head = &j->at.vertex_head[spread(lock) & j->at.vertex_mask];
	uint32_t v = lh_judge_vertex(j, lock);

	if (v)
		return v;
	if (j->counts.locks + 1 >= j->room.locks) {
		j->counts.refused++;
		return 0;
	}
	v = ++j->counts.locks;
	j->at.vertex[v] = (struct lh_vertex){.lock = lock,
					     .up = v,
					     .ring = v,
					     .members = 1,
					     .order = ++j->order_last,
					     .hash_next = *head};
	*head = v;
	return v;
}

static uint32_t *edge_head(const struct lh_judge *j, uint32_t from, uint32_t to)
{
	return &j->at.edge_head[spread((uint64_t)from << 32 | to) & j->at.edge_mask];
}

uint32_t lh_judge_edge(const struct lh_judge *j, uint32_t from, uint32_t to)
{
	uint32_t e = *edge_head(j, from, to);

	while (e && (j->at.edge[e].from != from || j->at.edge[e].to != to))
		e = j->at.edge[e].hash_next;
	return e;
}

static uint32_t edge_make(struct lh_judge *j, uint32_t from, uint32_t to)
{
	uint32_t *head = edge_head(j, from, to);
	uint32_t e = j->counts.edges + 1;

	if (e >= j->room.edges)
		return 0;
	j->counts.edges = e;
	j->at.edge[e] = (struct lh_edge){.from = from,
					 .to = to,
					 .out_next = j->at.vertex[from].out,
					 .in_next = j->at.vertex[to].in,
					 .hash_next = *head};
	j->at.vertex[from].out = e;
	j->at.vertex[to].in = e;
	*head = e;
	return e;
}

static void witness_add(struct lh_judge *j, uint32_t *head, lh_node_id node)
{
	uint32_t w = j->counts.witnesses + 1;

	if (w >= j->room.witnesses) {
		j->counts.refused++;
		return;
	}
	j->counts.witnesses = w;
	j->at.witness[w] = (struct lh_witness){node, *head};
	*head = w;
}

void lh_judge_writer(struct lh_judge *j, uint32_t vertex, lh_node_id witness)
{
	witness_add(j, &j->at.vertex[vertex].writers, witness);
}

uint32_t lh_judge_group(struct lh_judge *j, uint32_t v)
{
	while (j->at.vertex[v].up != v) {
		j->at.vertex[v].up = j->at.vertex[j->at.vertex[v].up].up;
		v = j->at.vertex[v].up;
	}
	return v;
}

/* ---- the order ---- */

/* By order, smallest first. Shell's sort: in place, no recursion. */
static void sort_by_order(const struct lh_judge *j, uint32_t *list, uint32_t n)
{
	for (uint32_t gap = n / 2; gap; gap = gap == 2 ? 1 : gap * 5 / 11)
		for (uint32_t i = gap; i < n; i++) {
			uint32_t v = list[i], k = i;
			for (;
			     k >= gap && j->at.vertex[list[k - gap]].order > j->at.vertex[v].order;
			     k -= gap)
				list[k] = list[k - gap];
			list[k] = v;
		}
}

static void sort_numbers(uint32_t *list, uint32_t n)
{
	for (uint32_t gap = n / 2; gap; gap = gap == 2 ? 1 : gap * 5 / 11)
		for (uint32_t i = gap; i < n; i++) {
			uint32_t v = list[i], k = i;
			for (; k >= gap && list[k - gap] > v; k -= gap)
				list[k] = list[k - gap];
			list[k] = v;
		}
}

struct reach {
	uint32_t *list, n;
	uint32_t limit; /* an order */
	uint32_t steps;
};

/* The groups that can be reached from `start` and lie not above the limit. */
static bool reach_down(struct lh_judge *j, struct reach *r, uint32_t start)
{
	j->at.vertex[start].down_seen = j->mark;
	r->list[r->n++] = start;
	for (uint32_t i = 0; i < r->n; i++) {
		uint32_t head = r->list[i], m = head;
		do {
			for (uint32_t e = j->at.vertex[m].out; e;
			     e = j->at.edge[e].out_next, r->steps++) {
				uint32_t g = lh_judge_group(j, j->at.edge[e].to);
				if (j->at.vertex[g].down_seen == j->mark ||
				    j->at.vertex[g].order > r->limit)
					continue;
				j->at.vertex[g].down_seen = j->mark;
				r->list[r->n++] = g;
			}
			m = j->at.vertex[m].ring;
		} while (m != head);
		if (r->steps > REORDER_MAX)
			return false;
	}
	return true;
}

/* The groups that reach `start` and lie not below the limit. */
static bool reach_up(struct lh_judge *j, struct reach *r, uint32_t start)
{
	j->at.vertex[start].up_seen = j->mark;
	r->list[r->n++] = start;
	for (uint32_t i = 0; i < r->n; i++) {
		uint32_t head = r->list[i], m = head;
		do {
			for (uint32_t e = j->at.vertex[m].in; e;
			     e = j->at.edge[e].in_next, r->steps++) {
				uint32_t g = lh_judge_group(j, j->at.edge[e].from);
				if (j->at.vertex[g].up_seen == j->mark ||
				    j->at.vertex[g].order < r->limit)
					continue;
				j->at.vertex[g].up_seen = j->mark;
				r->list[r->n++] = g;
			}
			m = j->at.vertex[m].ring;
		} while (m != head);
		if (r->steps > REORDER_MAX)
			return false;
	}
	return true;
}

/* Makes one group of two; answers its head. */
static uint32_t melt(struct lh_judge *j, uint32_t a, uint32_t b)
{
	uint32_t ring = j->at.vertex[a].ring;

	if (j->at.vertex[a].members < j->at.vertex[b].members) {
		uint32_t t = a;
		a = b;
		b = t;
		ring = j->at.vertex[a].ring;
	}
	j->at.vertex[a].ring = j->at.vertex[b].ring;
	j->at.vertex[b].ring = ring;
	j->at.vertex[a].members += j->at.vertex[b].members;
	j->at.vertex[b].up = a;
	return a;
}

static bool in_both(const struct lh_judge *j, uint32_t v)
{
	return j->at.vertex[v].down_seen == j->mark && j->at.vertex[v].up_seen == j->mark;
}

/* Drops from the list what is in both sets. Answers how many stay. */
static uint32_t without_both(const struct lh_judge *j, uint32_t *list, uint32_t n)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < n; i++)
		if (!in_both(j, list[i]))
			list[kept++] = list[i];
	return kept;
}

/* What is in both sets has become one circle. Answers its head, or 0. */
static uint32_t melt_both(struct lh_judge *j, const struct reach *r)
{
	uint32_t head = 0;

	for (uint32_t i = 0; i < r->n; i++)
		if (in_both(j, r->list[i]))
			head = head ? melt(j, head, r->list[i]) : r->list[i];
	return head;
}

/* The two sets share out the places they have: first who reaches, then the circle, then who
 * is reached. Everyone of the first moves down or stays, everyone of the last up or stays. */
static void share_out(struct lh_judge *j, struct reach *above, struct reach *below)
{
	uint32_t *places = j->at.list[2], n = 0, head;

	for (uint32_t i = 0; i < above->n; i++)
		places[n++] = j->at.vertex[above->list[i]].order;
	for (uint32_t i = 0; i < below->n; i++)
		if (!in_both(j, below->list[i]))
			places[n++] = j->at.vertex[below->list[i]].order;
	sort_numbers(places, n);
	head = melt_both(j, above);
	above->n = without_both(j, above->list, above->n);
	below->n = without_both(j, below->list, below->n);
	sort_by_order(j, above->list, above->n);
	sort_by_order(j, below->list, below->n);
	for (uint32_t i = 0; i < above->n; i++)
		j->at.vertex[above->list[i]].order = places[i];
	if (head)
		j->at.vertex[head].order = places[above->n];
	for (uint32_t i = 0; i < below->n; i++)
		j->at.vertex[below->list[i]].order = places[n - below->n + i];
}

/* Whom nothing leads to may stand below all, and who leads nowhere above all: nothing to search. */
static bool step_aside(struct lh_judge *j, uint32_t from, uint32_t to)
{
	if (!j->at.vertex[from].in)
		j->at.vertex[from].order = --j->order_first;
	else if (!j->at.vertex[to].out)
		j->at.vertex[to].order = ++j->order_last;
	else
		return false;
	return true;
}

static void keep_order(struct lh_judge *j, uint32_t from, uint32_t to)
{
	uint32_t tail = lh_judge_group(j, from), head = lh_judge_group(j, to);
	struct reach below = {.list = j->at.list[0], .limit = j->at.vertex[tail].order};
	struct reach above = {.list = j->at.list[1], .limit = j->at.vertex[head].order};

	if (tail == head || j->at.vertex[tail].order < j->at.vertex[head].order ||
	    step_aside(j, from, to))
		return;
	j->mark++;
	if (reach_down(j, &below, head) && reach_up(j, &above, tail))
		share_out(j, &above, &below);
	else
		j->counts.cut++; /* the edge is there, but circles through it may be missed */
}

void lh_judge_join(struct lh_judge *j, uint32_t from, uint32_t to, lh_node_id witness)
{
	uint32_t e;

	if (!from || !to)
		return;
	e = lh_judge_edge(j, from, to);
	if (!e) {
		e = edge_make(j, from, to);
		if (!e) {
			j->counts.refused++;
			return;
		}
		if (from != to)
			keep_order(j, from, to);
	}
	witness_add(j, &j->at.edge[e].witness, witness);
}

bool lh_judge_ok(const struct lh_judge *j)
{
	struct lh_judge *mine =
		(struct lh_judge *)(uintptr_t)j; /* paths may get shorter, no more */

	for (uint32_t e = 1; e <= j->counts.edges; e++) {
		uint32_t a = lh_judge_group(mine, j->at.edge[e].from);
		uint32_t b = lh_judge_group(mine, j->at.edge[e].to);
		if (a != b && j->at.vertex[a].order >= j->at.vertex[b].order)
			return false;
		if (!j->at.edge[e].witness && !j->counts.refused)
			return false;
	}
	for (uint32_t v = 1; v <= j->counts.locks; v++) {
		uint32_t head = lh_judge_group(mine, v), n = 0, m = head;
		do {
			n++;
			m = j->at.vertex[m].ring;
		} while (m != head && n <= j->counts.locks);
		if (n != j->at.vertex[head].members)
			return false;
	}
	return true;
}
