/*
 * graph_layout.h — puts the nodes of a directed graph on a grid, so that arrows mostly lead to the
 * right and few of them cross.
 *
 * The components of the graph are laid out one by one, those with marked nodes first, and packed
 * side by side. In a component, nodes are in layers, each behind its predecessors; edges that close
 * a cycle are ignored. A layer with many nodes has several columns; more columns than fit are
 * continued below. So the grid is about as wide as a page, whatever the graph is.
 *
 * Does not draw, and does not know locks. Takes n log n for n nodes and edges.
 */
#ifndef LH_RENDER_GRAPH_LAYOUT_H
#define LH_RENDER_GRAPH_LAYOUT_H

#include "tools/util/arena.h"

#include <stdbool.h>

struct lh_layout_edge {
	uint32_t from, to; /* nodes */
};

struct lh_layout_cell {
	uint32_t column, row;
};

struct lh_layout {
	struct lh_layout_cell *cell; /* by node; no two are equal */
	uint32_t columns, rows;
};

/* marked: by node; the layout begins with their components. `columns`: how many fit beside each
 * other in a small graph; a large one may have more. */
struct lh_layout lh_layout_graph(struct lh_arena *, uint32_t nodes, const struct lh_layout_edge *,
				 uint32_t edges, const bool *marked, uint32_t columns);

#endif
