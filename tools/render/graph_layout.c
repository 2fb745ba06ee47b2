/*
 * graph_layout.c — layers, the order within the layers, and the grid.
 *
 * The method of Sugiyama, Tagawa and Toda (1981): ignore the edges that close cycles, put each node
 * behind the longest path to it, then sweep over the layers and sort each by the mean position of
 * the neighbours. An edge over several layers gets no nodes on its way, because the drawing leads
 * it between the rows of the grid.
 */
#include "tools/render/graph_layout.h"

#include <math.h>
#include <stdlib.h>

enum { SWEEPS = 8, ROWS_LEAST = 8 };
#define UNKNOWN UINT32_MAX
#define SHAPE 0.39 /* columns² / nodes: makes a large picture 1.6 times as wide as it is high */

/* The edges of node i, of one direction: edge[first[i]] to edge[first[i + 1] - 1]. */
struct adjacency {
	uint32_t *first, *edge;
};

/* A node in the order of drawing. */
struct item {
	uint32_t node, at; /* at: its present index in its layer */
	double key;
};

struct graph {
	struct lh_arena *arena;
	uint32_t nodes, edges;
	const struct lh_layout_edge *edge;
	const bool *marked;
	struct adjacency out, in;
	bool *back;                  /* by edge: closes a cycle, or is a loop */
	uint32_t *layer, *component; /* by node; component: its place in the drawing */
	double *place;               /* by node: its row, the middle of the layer is 0 */
	struct item *order;          /* by component, then by layer */
	uint32_t *layer_at, layers;  /* where each layer begins in `order`; one more at the end */
	uint32_t width, height;      /* columns of the grid; rows of a column of a layer */
	struct lh_layout result;
};

static void *list_of(const struct graph *g, uint32_t n, size_t size)
{
	return lh_arena_alloc(g->arena, ((size_t)n + 2) * size);
}

static uint32_t end_of(const struct graph *g, uint32_t edge, bool in)
{
	return in ? g->edge[edge].to : g->edge[edge].from;
}

static struct adjacency sort_edges(const struct graph *g, bool in)
{
	uint32_t *at = list_of(g, g->nodes, sizeof(*at));
	struct adjacency a = {.first = at + 1, .edge = list_of(g, g->edges, sizeof(*at))};

	for (uint32_t i = 0; i < g->edges; i++)
		at[end_of(g, i, in) + 1]++;
	for (uint32_t i = 0; i < g->nodes; i++)
		at[i + 1] += at[i];
	at[g->nodes + 1] = g->edges;
	for (uint32_t i = g->edges; i-- > 0;) /* from the end of the node's edges to their begin */
		a.edge[--at[end_of(g, i, in) + 1]] = i;
	return a;
}

/* ---- edges that close cycles ---- */

enum { NEW, BEGUN, DONE };

/* A search in depth without recursion: `next` has the next edge of each node. */
static void search(struct graph *g, uint32_t root, uint8_t *state, uint32_t *next, uint32_t *stack)
{
	uint32_t n = 0;

	if (state[root] != NEW)
		return;
	state[root] = BEGUN;
	stack[n++] = root;
	while (n) {
		uint32_t node = stack[n - 1], edge, to;

		if (next[node] == g->out.first[node + 1] - g->out.first[node]) {
			state[node] = DONE;
			n--;
			continue;
		}
		edge = g->out.edge[g->out.first[node] + next[node]++];
		to = g->edge[edge].to;
		g->back[edge] = state[to] == BEGUN;
		if (state[to] == NEW) {
			state[to] = BEGUN;
			stack[n++] = to;
		}
	}
}

static void find_back_edges(struct graph *g)
{
	uint8_t *state = list_of(g, g->nodes, sizeof(*state));
	uint32_t *next = list_of(g, g->nodes, sizeof(*next)),
		 *stack = list_of(g, g->nodes, sizeof(*stack));

	g->back = list_of(g, g->edges, sizeof(*g->back));
	for (uint32_t i = 0; i < g->nodes; i++)
		if (g->in.first[i] == g->in.first[i + 1])
			search(g, i, state, next, stack);
	for (uint32_t i = 0; i < g->nodes; i++)
		if (g->marked[i])
			search(g, i, state, next, stack);
	for (uint32_t i = 0; i < g->nodes; i++)
		search(g, i, state, next, stack);
}

/* ---- layers ---- */

/* A node without predecessors stands just before its first successor. */
static void pull(struct graph *g, uint32_t node)
{
	uint32_t least = UNKNOWN;

	for (uint32_t k = g->in.first[node]; k < g->in.first[node + 1]; k++)
		if (!g->back[g->in.edge[k]])
			return;
	for (uint32_t k = g->out.first[node]; k < g->out.first[node + 1]; k++) {
		uint32_t edge = g->out.edge[k];

		if (!g->back[edge] && g->layer[g->edge[edge].to] < least)
			least = g->layer[g->edge[edge].to];
	}
	if (least != UNKNOWN)
		g->layer[node] = least - 1;
}

static void set_layers(struct graph *g)
{
	uint32_t *missing = list_of(g, g->nodes, sizeof(*missing)), n = 0,
		 *ready = list_of(g, g->nodes, sizeof(*ready));

	g->layer = list_of(g, g->nodes, sizeof(*g->layer));
	for (uint32_t i = 0; i < g->edges; i++)
		missing[g->edge[i].to] += !g->back[i];
	for (uint32_t i = 0; i < g->nodes; i++)
		if (!missing[i])
			ready[n++] = i;
	for (uint32_t i = 0; i < n; i++)
		for (uint32_t k = g->out.first[ready[i]]; k < g->out.first[ready[i] + 1]; k++) {
			uint32_t edge = g->out.edge[k], to = g->edge[edge].to;

			if (g->back[edge])
				continue;
			if (g->layer[to] <= g->layer[ready[i]])
				g->layer[to] = g->layer[ready[i]] + 1;
			if (!--missing[to])
				ready[n++] = to;
		}
	for (uint32_t i = 0; i < g->nodes; i++)
		pull(g, i);
}

/* ---- components ---- */

struct component {
	uint32_t number, nodes;
	bool marked;
};

static int compare_components(const void *a, const void *b)
{
	const struct component *x = a, *y = b;

	if (x->marked != y->marked)
		return x->marked ? -1 : 1;
	if (x->nodes != y->nodes)
		return x->nodes > y->nodes ? -1 : 1;
	return x->number < y->number ? -1 : x->number > y->number;
}

/* Gives the node and all that edges connect with it the same number. */
static void spread(struct graph *g, uint32_t root, uint32_t *stack, struct component *c)
{
	const struct adjacency *const both[] = {&g->out, &g->in};
	uint32_t n = 0;

	g->component[root] = c->number;
	stack[n++] = root;
	while (n) {
		uint32_t node = stack[--n];

		c->nodes++;
		c->marked |= g->marked[node];
		for (int d = 0; d < 2; d++)
			for (uint32_t k = both[d]->first[node]; k < both[d]->first[node + 1]; k++) {
				uint32_t to = end_of(g, both[d]->edge[k], d == 0);

				if (g->component[to] != UNKNOWN)
					continue;
				g->component[to] = c->number;
				stack[n++] = to;
			}
	}
}

static void find_components(struct graph *g)
{
	uint32_t *stack = list_of(g, g->nodes, sizeof(*stack)), n = 0;
	struct component *list = list_of(g, g->nodes, sizeof(*list));
	uint32_t *rank = list_of(g, g->nodes, sizeof(*rank));

	g->component = list_of(g, g->nodes, sizeof(*g->component));
	for (uint32_t i = 0; i < g->nodes; i++)
		g->component[i] = UNKNOWN;
	for (uint32_t i = 0; i < g->nodes; i++)
		if (g->component[i] == UNKNOWN) {
			list[n].number = n;
			spread(g, i, stack, &list[n++]);
		}
	qsort(list, n, sizeof(*list), compare_components);
	for (uint32_t i = 0; i < n; i++)
		rank[list[i].number] = i;
	for (uint32_t i = 0; i < g->nodes; i++)
		g->component[i] = rank[g->component[i]];
}

/* ---- the order in the layers ---- */

static int compare_nodes(const void *a, const void *b, void *graph)
{
	const struct graph *g = graph;
	uint32_t x = ((const struct item *)a)->node, y = ((const struct item *)b)->node;

	if (g->component[x] != g->component[y])
		return g->component[x] < g->component[y] ? -1 : 1;
	if (g->layer[x] != g->layer[y])
		return g->layer[x] < g->layer[y] ? -1 : 1;
	if (g->marked[x] != g->marked[y])
		return g->marked[x] ? -1 : 1;
	return x < y ? -1 : x > y;
}

static int compare_keys(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

static void set_places(struct graph *g, uint32_t layer)
{
	uint32_t from = g->layer_at[layer], n = g->layer_at[layer + 1] - from;

	for (uint32_t i = 0; i < n; i++) {
		g->order[from + i].at = i;
		g->place[g->order[from + i].node] = i - (n - 1) / 2.0;
	}
}

/* The mean place of the node's neighbours on one side; without neighbours: its own. */
static double wanted(const struct graph *g, uint32_t node, bool in)
{
	const struct adjacency *side = in ? &g->in : &g->out;
	double sum = 0;
	uint32_t n = 0;

	for (uint32_t k = side->first[node]; k < side->first[node + 1]; k++)
		if (!g->back[side->edge[k]]) {
			sum += g->place[end_of(g, side->edge[k], !in)];
			n++;
		}
	return n ? sum / n : g->place[node];
}

static void sweep(struct graph *g, bool in)
{
	for (uint32_t i = 0; i < g->layers; i++) {
		uint32_t layer = in ? i : g->layers - 1 - i, from = g->layer_at[layer],
			 n = g->layer_at[layer + 1] - from;

		for (uint32_t k = from; k < from + n; k++)
			g->order[k].key = wanted(g, g->order[k].node, in);
		qsort(g->order + from, n, sizeof(*g->order), compare_keys);
		set_places(g, layer);
	}
}

static void set_order(struct graph *g)
{
	g->order = list_of(g, g->nodes, sizeof(*g->order));
	g->place = list_of(g, g->nodes, sizeof(*g->place));
	g->layer_at = list_of(g, g->nodes, sizeof(*g->layer_at));
	for (uint32_t i = 0; i < g->nodes; i++)
		g->order[i].node = i;
	qsort_r(g->order, g->nodes, sizeof(*g->order), compare_nodes, g);
	for (uint32_t i = 0; i < g->nodes; i++) {
		uint32_t node = g->order[i].node, before = i ? g->order[i - 1].node : 0;

		if (!i || g->component[node] != g->component[before] ||
		    g->layer[node] != g->layer[before])
			g->layer_at[g->layers++] = i;
	}
	g->layer_at[g->layers] = g->nodes;
	for (uint32_t i = 0; i < g->layers; i++)
		set_places(g, i);
	for (int i = 0; i < SWEEPS; i++)
		sweep(g, i % 2 == 0);
}

/* ---- the grid ---- */

/* Where the next component goes: beside the last one, or below. */
struct shelf {
	uint32_t x, y, height;
};

struct column {
	uint32_t first, rows; /* in `order` */
};

/* Puts columns beside each other at row y, each in the middle. Returns how many rows they take. */
static uint32_t put_band(struct graph *g, const struct column *c, uint32_t n, uint32_t x,
			 uint32_t y)
{
	uint32_t height = 0;

	for (uint32_t i = 0; i < n; i++)
		height = c[i].rows > height ? c[i].rows : height;
	for (uint32_t i = 0; i < n; i++)
		for (uint32_t k = 0; k < c[i].rows; k++)
			g->result.cell[g->order[c[i].first + k].node] = (struct lh_layout_cell){
				.column = x + i,
				.row = y + (height - c[i].rows) / 2 + k,
			};
	return height;
}

static void put_component(struct graph *g, struct shelf *s, const struct column *c, uint32_t n)
{
	uint32_t wide = n < g->width ? n : g->width, y;

	if (s->x + wide > g->width) {
		s->y += s->height;
		s->x = s->height = 0;
	}
	y = s->y;
	for (uint32_t i = 0; i < n; i += wide)
		y += put_band(g, c + i, n - i < wide ? n - i : wide, s->x, y);
	s->x += wide;
	s->height = y - s->y > s->height ? y - s->y : s->height;
	g->result.columns = s->x > g->result.columns ? s->x : g->result.columns;
	g->result.rows = s->y + s->height;
}

static void set_grid(struct graph *g)
{
	struct column *column = list_of(g, g->nodes, sizeof(*column));
	struct shelf s = {0};
	uint32_t n = 0;

	for (uint32_t i = 0; i < g->layers; i++) {
		uint32_t from = g->layer_at[i], count = g->layer_at[i + 1] - from,
			 columns = (count + g->height - 1) / g->height,
			 rows = (count + columns - 1) / columns;

		for (uint32_t k = 0; k < count; k += rows)
			column[n++] =
				(struct column){from + k, count - k < rows ? count - k : rows};
		if (i + 1 == g->layers || g->component[g->order[from].node] !=
						  g->component[g->order[g->layer_at[i + 1]].node]) {
			put_component(g, &s, column, n);
			n = 0;
		}
	}
}

struct lh_layout lh_layout_graph(struct lh_arena *p, uint32_t nodes,
				 const struct lh_layout_edge *edge, uint32_t edges,
				 const bool *marked, uint32_t columns)
{
	struct graph g = {
		.arena = p, .nodes = nodes, .edges = edges, .edge = edge, .marked = marked};

	g.width = (uint32_t)ceil(sqrt(nodes * SHAPE));
	g.width = g.width > columns ? g.width : columns;
	g.height = nodes / g.width > ROWS_LEAST ? nodes / g.width : ROWS_LEAST;
	g.out = sort_edges(&g, false);
	g.in = sort_edges(&g, true);
	g.result.cell = list_of(&g, nodes, sizeof(*g.result.cell));
	find_back_edges(&g);
	set_layers(&g);
	find_components(&g);
	set_order(&g);
	set_grid(&g);
	return g.result;
}
