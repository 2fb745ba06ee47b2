/* graph.c — makes the lock-order graph of a report and folds what a drawing does not show lock by
 * lock. */
#include "tools/render/graph.h"
#include "tools/util/map.h"

#include <stdlib.h>

#include <string.h>

struct builder {
	struct lh_view *view;
	struct lh_graph graph;
	struct lh_map nodes, edges; /* their numbers, from 1 on */
	struct lh_map of_lock;      /* the same, by the locks' ids */
};

/* The node of a lock that is in a cycle has the name from there, which may have a number. */
static uint32_t node_of(struct builder *g, const struct lh_report_lock *lock)
{
	struct lh_arena *arena = g->view->arena;
	uint32_t *own = lh_map_get(&g->of_lock, arena, &lock->id, sizeof(lock->id), sizeof(*own));
	const char *key = lh_arena_printf(arena, "%s\n%s", lock->name, lock->class);
	uint32_t *number = lh_map_get(&g->nodes, arena, key, strlen(key), sizeof(*number));

	if (*own)
		return *own - 1;
	if (!*number) {
		struct lh_graph_node node = {.label = lh_view_clean(g->view, lock->name),
					     .first = lock};

		LH_PUSH(arena, g->graph.node, g->graph.nodes, node);
		*number = g->graph.nodes;
	}
	g->graph.node[*number - 1].locks++;
	*own = *number;
	return *number - 1;
}

static struct lh_graph_edge *edge_of(struct builder *g, const struct lh_report_lock *a,
				     const struct lh_report_lock *b)
{
	struct lh_graph_edge new_edge = {.from = node_of(g, a), .to = node_of(g, b)};
	const uint32_t key[] = {new_edge.from, new_edge.to};
	uint32_t *number = lh_map_get(&g->edges, g->view->arena, key, sizeof(key), sizeof(*number));

	if (!*number) {
		LH_PUSH(g->view->arena, g->graph.edge, g->graph.edges, new_edge);
		*number = g->graph.edges;
	}
	return &g->graph.edge[*number - 1];
}

static void add_order(struct builder *g, const struct lh_report_order *o)
{
	struct lh_graph_edge *edge = edge_of(g, o->held, o->wanted);

	edge->sites += o->sites;
	if (!edge->order)
		edge->order = o;
	if (!edge->frame)
		edge->frame = lh_report_order_frame(g->view->report, o);
}

static void add_cycle(struct builder *g, const struct lh_report_finding *f)
{
	for (uint32_t i = 0; i < f->cycle_parts; i++) {
		const struct lh_report_part *part = &f->part[i];
		struct lh_graph_edge *edge = edge_of(g, part->holds->lock, part->does->lock);

		edge->cycle = true;
		if (!edge->sites)
			edge->sites = 1;
		if (!edge->frame)
			edge->frame = part->does->frame;
		g->graph.node[edge->from].cycle = true;
		g->graph.node[edge->to].cycle = true;
	}
}

/* ---- folding ---- */

/* The locks of one source file that are drawn as one node. */
struct group {
	const char *name; /* of the file; NULL: the others */
	uint32_t number, nodes;
	uint32_t node; /* in the drawing */
};

struct folding {
	const struct lh_graph *whole;
	struct lh_view *view;
	struct lh_graph graph; /* the drawing */
	bool *alone;           /* by node of the whole graph: it is a node of its own */
	uint32_t *group_of;    /* by node: index into `group` */
	struct group *group;
	uint32_t groups;
	uint32_t *to; /* by node: its node in the drawing, UINT32_MAX none */
};

static bool has_edge(const struct folding *f, const struct lh_graph_edge *e)
{
	return e->cycle || (!f->view->style->cycles_only && e->order && e->order->direct);
}

static uint32_t choose_cycles(struct folding *f)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < f->whole->nodes; i++)
		n += f->alone[i] = f->whole->node[i].cycle && n < LH_GRAPH_CYCLES_MAX;
	return n;
}

/* Of a graph without cycles: the nodes with the most edges. */
static void choose_busiest(struct folding *f)
{
	uint32_t *degree = lh_arena_alloc(f->view->arena, (f->whole->nodes + 1) * sizeof(*degree));

	for (uint32_t i = 0; i < f->whole->edges; i++)
		if (has_edge(f, &f->whole->edge[i])) {
			degree[f->whole->edge[i].from]++;
			degree[f->whole->edge[i].to]++;
		}
	for (uint32_t n = 0; n < LH_GRAPH_NODES_READABLE - LH_GRAPH_GROUPS_MAX; n++) {
		uint32_t best = 0;

		for (uint32_t i = 1; i < f->whole->nodes; i++)
			if (!f->alone[i] && (f->alone[best] || degree[i] > degree[best]))
				best = i;
		f->alone[best] = true;
	}
}

static void choose_neighbours(struct folding *f, uint32_t shown)
{
	for (uint32_t i = 0; i < f->whole->edges; i++) {
		const struct lh_graph_edge *e = &f->whole->edge[i];

		if (!has_edge(f, e) || shown >= LH_GRAPH_NODES_READABLE)
			continue;
		if (f->whole->node[e->from].cycle && !f->alone[e->to])
			shown += f->alone[e->to] = true;
		if (f->whole->node[e->to].cycle && !f->alone[e->from])
			shown += f->alone[e->from] = true;
	}
}

static void choose(struct folding *f)
{
	const struct lh_render_text_style *style = f->view->style;
	bool all = style->all_locks || f->whole->nodes <= LH_GRAPH_NODES_READABLE;
	uint32_t n;

	for (uint32_t i = 0; i < f->whole->nodes; i++)
		f->alone[i] = style->cycles_only ? f->whole->node[i].cycle : all;
	if (all || style->cycles_only)
		return;
	n = choose_cycles(f);
	if (n)
		choose_neighbours(f, n);
	else
		choose_busiest(f);
}

/* The source file of the line that initialized the lock, or that acquired it first. */
static const char *file_of(struct lh_view *v, const struct lh_report_lock *lock)
{
	const struct lh_report_stack *stack =
		lock->init_stack && lock->init_stack->n ? lock->init_stack : lock->first_stack;
	const struct lh_report_frame *frame = stack ? lh_report_place(stack) : NULL;
	const char *path = lh_view_path(v, frame);

	return path ? path : frame && frame->module ? lh_path_base(frame->module) : "";
}

static int compare_groups(const void *a, const void *b)
{
	const struct group *x = a, *y = b;

	if (!x->name != !y->name)
		return x->name ? -1 : 1;
	if (x->nodes != y->nodes)
		return x->nodes > y->nodes ? -1 : 1;
	return x->number < y->number ? -1 : x->number > y->number;
}

/* Files with few locks share the last group. */
static void limit_groups(struct folding *f, uint32_t *rank)
{
	qsort(f->group, f->groups, sizeof(*f->group), compare_groups);
	for (uint32_t i = 0; i < f->groups; i++)
		rank[f->group[i].number] = i < LH_GRAPH_GROUPS_MAX ? i : LH_GRAPH_GROUPS_MAX - 1;
	if (f->groups > LH_GRAPH_GROUPS_MAX) {
		f->groups = LH_GRAPH_GROUPS_MAX;
		f->group[f->groups - 1].name = NULL;
	}
}

static void make_groups(struct folding *f)
{
	struct lh_arena *p = f->view->arena;
	struct lh_map files = {0};
	uint32_t *rank;

	for (uint32_t i = 0; i < f->whole->nodes; i++) {
		const char *file;
		uint32_t *number;

		if (f->alone[i])
			continue;
		file = file_of(f->view, f->whole->node[i].first);
		number = lh_map_get(&files, p, file, strlen(file), sizeof(*number));
		if (!*number) {
			struct group group = {.name = file[0] ? file : NULL, .number = f->groups};

			LH_PUSH(p, f->group, f->groups, group);
			*number = f->groups;
		}
		f->group[*number - 1].nodes++;
		f->group_of[i] = *number - 1;
	}
	if (!f->groups)
		return;
	rank = lh_arena_alloc(p, (f->groups + 1) * sizeof(*rank));
	limit_groups(f, rank);
	for (uint32_t i = 0; i < f->whole->nodes; i++)
		f->group_of[i] = rank[f->group_of[i]];
}

static uint32_t add_node(struct folding *f, struct lh_graph_node node)
{
	f->graph.node[f->graph.nodes] = node;
	return f->graph.nodes++;
}

static void fold_nodes(struct folding *f)
{
	for (uint32_t i = 0; i < f->whole->nodes; i++)
		f->to[i] = f->alone[i] ? add_node(f, f->whole->node[i]) : UINT32_MAX;
	for (uint32_t i = 0; i < f->groups; i++)
		f->group[i].node = add_node(f, (struct lh_graph_node){.group = true});
	for (uint32_t i = 0; i < f->whole->nodes; i++) {
		struct lh_graph_node *node;

		if (f->alone[i] || !f->groups) /* without groups it is not drawn */
			continue;
		f->to[i] = f->group[f->group_of[i]].node;
		node = &f->graph.node[f->to[i]];
		node->locks += f->whole->node[i].locks;
		f->graph.folded += f->whole->node[i].locks;
		if (!node->first)
			node->first = f->whole->node[i].first;
	}
	for (uint32_t i = 0; i < f->groups; i++) {
		struct lh_graph_node *node = &f->graph.node[f->group[i].node];
		const char *file = f->group[i].name;

		node->label = lh_view_count(f->view, node->locks, "lock", "locks");
		node->file = file ? lh_view_clean(f->view, file) : NULL;
	}
}

/* The edge of the drawing between these nodes; a new one has no sites yet. */
static uint32_t drawn_edge(struct folding *f, struct lh_map *edges, struct lh_graph_edge e)
{
	const uint32_t key[] = {e.from, e.to};
	uint32_t *number = lh_map_get(edges, f->view->arena, key, sizeof(key), sizeof(*number));

	if (!*number) {
		e.sites = 0;
		f->graph.edge[f->graph.edges++] = e;
		*number = f->graph.edges;
	}
	return *number - 1;
}

static void fold_edges(struct folding *f)
{
	struct lh_map edges = {0};

	for (uint32_t i = 0; i < f->whole->edges; i++) {
		struct lh_graph_edge e = f->whole->edge[i];
		uint32_t drawn;

		if (!has_edge(f, &e) || f->to[e.from] == UINT32_MAX || f->to[e.to] == UINT32_MAX)
			continue;
		e.from = f->to[e.from];
		e.to = f->to[e.to];
		if (e.from == e.to && f->graph.node[e.from].group) {
			f->graph.node[e.from].inside++;
			continue;
		}
		drawn = drawn_edge(f, &edges, e);
		f->graph.edge[drawn].sites += e.sites;
		f->graph.edge[drawn].orders++;
		f->graph.edge[drawn].cycle |= e.cycle;
	}
}

static struct lh_graph fold(struct lh_view *v, const struct lh_graph *whole)
{
	struct folding f = {.view = v, .whole = whole, .graph = {.cycles = whole->cycles}};
	size_t n = whole->nodes + 1;

	f.alone = lh_arena_alloc(v->arena, n * sizeof(*f.alone));
	f.group_of = lh_arena_alloc(v->arena, n * sizeof(*f.group_of));
	f.to = lh_arena_alloc(v->arena, n * sizeof(*f.to));
	choose(&f);
	if (!v->style->cycles_only)
		make_groups(&f);
	f.graph.node = lh_arena_alloc(v->arena, (n + f.groups) * sizeof(*f.graph.node));
	f.graph.edge = lh_arena_alloc(v->arena, (whole->edges + 1) * sizeof(*f.graph.edge));
	fold_nodes(&f);
	fold_edges(&f);
	if (v->style->cycles_only)
		f.graph.hidden = whole->nodes - f.graph.nodes;
	return f.graph;
}

struct lh_graph lh_graph_make(struct lh_view *v)
{
	struct builder g = {.view = v};
	const struct lh_report *report = v->report;

	for (uint32_t i = 0; i < report->findings; i++) {
		const struct lh_report_finding *f = report->finding[i];

		if (!f->cycle)
			continue;
		g.graph.cycles++;
		add_cycle(&g, f);
		for (uint32_t k = 0; k < f->mergeds; k++) /* other locks at other places */
			if (f->merged[k]->cycle)
				add_cycle(&g, f->merged[k]);
	}
	for (uint32_t i = 0; i < report->orders; i++)
		add_order(&g, report->order[i]);
	return fold(v, &g.graph);
}

const char *lh_graph_kind(struct lh_view *v, const struct lh_graph_node *node)
{
	if (node->group)
		return node->file ? lh_arena_printf(v->arena, "of %s", node->file) : "others";
	return node->locks > 1 ? lh_arena_printf(v->arena, "%s, %u of them", node->first->kind_text,
						 node->locks)
			       : node->first->kind_text;
}

const char *lh_graph_note(struct lh_view *v, const struct lh_graph *g)
{
	if (g->hidden)
		return lh_view_count(v, g->hidden, "more lock is not drawn",
				     "more locks are not drawn");
	if (!g->folded)
		return NULL;
	return lh_arena_printf(v->arena,
			       "%s drawn as one box for each source file; lockhound graph "
			       "--all-locks draws each.",
			       lh_view_count(v, g->folded, "lock is", "locks are"));
}
