/*
 * graph.h — the lock-order graph for drawings: nodes and edges.
 *
 * Locks with the same name and the same class are one node, so that a thousand account locks do not
 * make a thousand nodes. An edge from a to b: a thread tried to acquire b while it held a. Edges of
 * reported cycles are marked.
 *
 * Does not draw, and does not search for cycles: cycles are the report's findings.
 */
#ifndef LH_RENDER_GRAPH_H
#define LH_RENDER_GRAPH_H

#include "tools/render/view.h"

#define LH_GRAPH_NODES_MAX 300 /* more are unreadable, and dot takes minutes */

struct lh_graph_node {
	const char *label; /* clean */
	const struct lh_report_lock *first;
	uint32_t locks; /* number of locks in this node */
	bool cycle;     /* on a cycle */
	bool shown;
};

struct lh_graph_edge {
	uint32_t from, to;                   /* nodes */
	const struct lh_report_order *order; /* NULL: known from a finding only */
	const struct lh_report_frame *frame; /* NULL unknown */
	uint32_t sites;
	bool cycle, shown;
};

struct lh_graph {
	struct lh_graph_node *node;
	uint32_t nodes;
	struct lh_graph_edge *edge;
	uint32_t edges;
	uint32_t cycles; /* findings that are cycles */
	uint32_t hidden; /* nodes left out: too many, or not on a cycle with cycles_only */
};

/* Valid as long as the view. With the style's `cycles_only`, only cycles are `shown`. */
struct lh_graph lh_graph_make(struct lh_view *);

/* "mutex", "mutex, 3 of them" */
const char *lh_graph_kind(struct lh_view *, const struct lh_graph_node *);

#endif
