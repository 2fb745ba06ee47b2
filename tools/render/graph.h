/*
 * graph.h — the order between locks as a picture has it: spots and arrows.
 *
 * Locks that are called the same and were born at the same place are one spot, so that
 * a thousand accounts do not make a thousand of them. An arrow says: while the first was
 * held the second was asked for. Those of a circle that counts are marked.
 *
 * Does not draw and does not judge: circles are the model's findings.
 */
#ifndef LH_RENDER_GRAPH_H
#define LH_RENDER_GRAPH_H

#include "tools/render/view.h"

#define LH_GRAPH_NODES_MAX 300 /* more than that nobody can read, and dot takes minutes for */

struct lh_graph_node {
	const char *label; /* clean */
	const struct lh_report_lock *first;
	uint32_t locks; /* so many are this spot */
	bool cycle;     /* lies in a circle */
	bool shown;
};

struct lh_graph_edge {
	uint32_t from, to;                   /* spots */
	const struct lh_report_order *order; /* NULL: known from a finding only */
	const struct lh_report_frame *frame; /* NULL not known */
	uint32_t sites;
	bool cycle, shown;
};

struct lh_graph {
	struct lh_graph_node *node;
	uint32_t nodes;
	struct lh_graph_edge *edge;
	uint32_t edges;
	uint32_t cycles; /* findings that are circles */
	uint32_t
		hidden; /* spots left out for want of room or because only circles were asked for */
};

/* Lives as long as the view. Shows what the style asks for: all; or only the circles. */
struct lh_graph lh_graph_make(struct lh_view *);

#endif
