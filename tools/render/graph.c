/* graph.c — makes the lock-order graph of a report and selects what a drawing shows. */
#include "tools/render/graph.h"
#include "tools/util/map.h"

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
	g->graph.cycles++;
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

/*
 * Shows nodes up to LH_GRAPH_NODES_MAX: those in cycles first, then their neighbours, then the
 * rest. An order that is not direct (a to c, where a, b and c were acquired) follows from the
 * direct ones, so its edge is shown only in a cycle.
 */
static void choose(struct builder *g)
{
	struct lh_graph *x = &g->graph;
	uint32_t shown = 0;

	for (uint32_t i = 0; i < x->nodes; i++)
		shown += x->node[i].shown = x->node[i].cycle && shown < LH_GRAPH_NODES_MAX;
	for (uint32_t i = 0; i < x->edges && !g->view->style->cycles_only; i++) {
		struct lh_graph_node *a = &x->node[x->edge[i].from], *b = &x->node[x->edge[i].to];

		if (a->cycle && !b->shown)
			shown += b->shown = shown < LH_GRAPH_NODES_MAX;
		if (b->cycle && !a->shown)
			shown += a->shown = shown < LH_GRAPH_NODES_MAX;
	}
	for (uint32_t i = 0; i < x->nodes && !g->view->style->cycles_only; i++)
		if (!x->node[i].shown)
			shown += x->node[i].shown = shown < LH_GRAPH_NODES_MAX;
	x->hidden = x->nodes - shown;
	for (uint32_t i = 0; i < x->edges; i++) {
		struct lh_graph_edge *a = &x->edge[i];

		a->shown = x->node[a->from].shown && x->node[a->to].shown &&
			   (a->cycle ||
			    (!g->view->style->cycles_only && a->order && a->order->direct));
	}
}

struct lh_graph lh_graph_make(struct lh_view *v)
{
	struct builder g = {.view = v};
	const struct lh_report *report = v->report;

	for (uint32_t i = 0; i < report->findings; i++)
		if (report->finding[i]->cycle)
			add_cycle(&g, report->finding[i]);
	for (uint32_t i = 0; i < report->orders; i++)
		add_order(&g, report->order[i]);
	choose(&g);
	return g.graph;
}

const char *lh_graph_kind(struct lh_view *v, const struct lh_graph_node *node)
{
	return node->locks > 1 ? lh_arena_printf(v->arena, "%s, %u of them", node->first->kind_text,
						 node->locks)
			       : node->first->kind_text;
}
