/*
 * graph.h — the lock-order graph for drawings: nodes and edges.
 *
 * Locks with the same name and the same class are one node, so that a thousand account locks do not
 * make a thousand nodes. An edge from a to b: a thread tried to acquire b while it held a. Edges of
 * reported cycles are marked. An order that is not direct (a to c, where a, b and c were acquired)
 * follows from the direct ones, so it has an edge only in a cycle.
 *
 * A graph of more than LH_GRAPH_NODES_READABLE nodes is folded, unless the style has `all_locks`:
 * the nodes in cycles and their neighbours stay, and the other locks of one source file are one
 * node.
 *
 * Does not search for cycles: cycles are the report's findings.
 */
#ifndef LH_RENDER_GRAPH_H
#define LH_RENDER_GRAPH_H

#include "tools/render/view.h"

enum {
	LH_GRAPH_NODES_READABLE = 30,
	LH_GRAPH_CYCLES_MAX =
		300, /* nodes in cycles that a folded graph shows: dot takes minutes */
	LH_GRAPH_GROUPS_MAX = 8
};

struct lh_graph_node {
	const char *label;                  /* clean; "120 locks" */
	const char *file;                   /* of a group; clean; NULL: several */
	const struct lh_report_lock *first; /* of a group: of its first node */
	uint32_t locks;                     /* number of locks in this node */
	uint32_t inside;                    /* of a group: orders between its locks */
	bool cycle;                         /* on a cycle */
	bool group;                         /* locks that are drawn as one node */
};

struct lh_graph_edge {
	uint32_t from, to;                   /* nodes */
	const struct lh_report_order *order; /* NULL: known from a finding only */
	const struct lh_report_frame *frame; /* NULL unknown */
	uint32_t sites, orders;              /* orders: more than 1 with a group */
	bool cycle;
};

struct lh_graph {
	struct lh_graph_node *node;
	uint32_t nodes;
	struct lh_graph_edge *edge;
	uint32_t edges;
	uint32_t cycles; /* findings that are cycles */
	uint32_t folded; /* locks in groups */
	uint32_t hidden; /* with `cycles_only`: nodes that are not on a cycle */
};

/* Valid as long as the view. With the style's `cycles_only`, only cycles. */
struct lh_graph lh_graph_make(struct lh_view *);

/* "mutex", "mutex, 3 of them", "of src/pool.c" */
const char *lh_graph_kind(struct lh_view *, const struct lh_graph_node *);
/* What a picture of the graph leaves out, as a sentence; NULL: nothing. */
const char *lh_graph_note(struct lh_view *, const struct lh_graph *);

/*
 * The graph as an <svg> element; svg.c. Inside a page its colours are those of LH_PICTURE_STYLE
 * (picture_style.h), which the page must contain; `alone`: a file of its own. Each node is
 * <g class="lock" data-lock="N">, each edge <g class="edge" data-from="N" data-to="N">, in a cycle
 * with the class "cycle", too.
 */
void lh_graph_svg(struct lh_view *, bool alone);

#endif
