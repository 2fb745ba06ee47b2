/*
 * svg.c — the lock-order graph as an SVG picture, which needs no Graphviz: outer locks are at the
 * left, the locks acquired under them to the right, in layers. Edges that lead back pass below the
 * boxes. Cycles are red. Full names and file:line are tooltips.
 */
#include "tools/render/graph.h"

enum { BOX = 190, HIGH = 42, WIDE = 270, DOWN = 74, EDGE = 24, LETTERS = 25 };

struct drawing {
	struct lh_view *v;
	struct lh_graph g;
	uint32_t *layer, *row; /* by node */
	bool *begun, *done;
	bool *back; /* by edge: leads to a node from which the edge was reached */
	uint32_t layers, rows;
};

/* At most LETTERS whole UTF-8 characters, which fit the box. */
static const char *shortened(struct lh_view *v, const char *text)
{
	size_t n = 0;

	for (uint32_t letters = 0; text[n] && letters < LETTERS; letters++)
		for (n++; ((unsigned char)text[n] & 0xc0) == 0x80;)
			n++;
	return lh_view_xml(v, text[n] ? lh_arena_printf(v->arena, "%.*s...", (int)n, text) : text);
}

/* ---- layout ---- */

static void find_back_edges(struct drawing *d, uint32_t node)
{
	d->begun[node] = true;
	for (uint32_t i = 0; i < d->g.edges; i++) {
		const struct lh_graph_edge *a = &d->g.edge[i];

		if (!a->shown || a->from != node)
			continue;
		if (!d->begun[a->to])
			find_back_edges(d, a->to);
		else if (!d->done[a->to])
			d->back[i] = true;
	}
	d->done[node] = true;
}

/* Puts each node behind its predecessors. Ends, because edges that lead back are ignored. */
static void set_layers(struct drawing *d)
{
	bool moved = true;

	while (moved) {
		moved = false;
		for (uint32_t i = 0; i < d->g.edges; i++) {
			const struct lh_graph_edge *a = &d->g.edge[i];

			if (!a->shown || d->back[i] || d->layer[a->to] > d->layer[a->from])
				continue;
			d->layer[a->to] = d->layer[a->from] + 1;
			moved = true;
		}
	}
	for (uint32_t i = 0; i < d->g.nodes; i++)
		if (d->g.node[i].shown && d->layer[i] >= d->layers)
			d->layers = d->layer[i] + 1;
}

/* The mean row of the predecessors: few edges cross if the node is near them. */
static uint32_t wanted_row(const struct drawing *d, uint32_t node)
{
	uint32_t sum = 0, n = 0;

	for (uint32_t i = 0; i < d->g.edges; i++)
		if (d->g.edge[i].shown && !d->back[i] && d->g.edge[i].to == node) {
			sum += d->row[d->g.edge[i].from];
			n++;
		}
	return n ? sum / n : 0;
}

static void set_rows(struct drawing *d)
{
	for (uint32_t layer = 0; layer < d->layers; layer++) {
		uint32_t next = 0;

		for (uint32_t i = 0; i < d->g.nodes; i++) {
			uint32_t row;

			if (!d->g.node[i].shown || d->layer[i] != layer)
				continue;
			row = wanted_row(d, i);
			d->row[i] = row > next ? row : next;
			next = d->row[i] + 1;
		}
		d->rows = next > d->rows ? next : d->rows;
	}
}

static uint32_t left(const struct drawing *d, uint32_t node)
{
	return EDGE + d->layer[node] * WIDE;
}

static uint32_t top(const struct drawing *d, uint32_t node)
{
	return EDGE + d->row[node] * DOWN;
}

/* ---- drawing ---- */

static void draw_node(struct drawing *d, uint32_t i)
{
	const struct lh_graph_node *s = &d->g.node[i];
	const char *kind = lh_graph_kind(d->v, s);
	uint32_t x = left(d, i), y = top(d, i);

	fprintf(d->v->out,
		"<g><title>%s</title><rect x=\"%u\" y=\"%u\" width=\"%d\" height=\"%d\" rx=\"8\" "
		"class=\"%s\"/><text x=\"%u\" y=\"%u\">%s</text>"
		"<text x=\"%u\" y=\"%u\" class=\"kind\">%s</text></g>\n",
		lh_view_xml(d->v, s->label), x, y, BOX, HIGH, s->cycle ? "ring" : "spot",
		x + BOX / 2, y + 18, shortened(d->v, s->label), x + BOX / 2, y + 34,
		lh_view_xml(d->v, kind));
}

static void draw_edge(struct drawing *d, uint32_t i)
{
	const struct lh_graph_edge *a = &d->g.edge[i];
	const char *at = a->frame ? lh_view_at(d->v, a->frame) : NULL;
	uint32_t x = left(d, a->from), y = top(d, a->from), to_x = left(d, a->to),
		 to_y = top(d, a->to);

	fprintf(d->v->out, "<path class=\"%s\" marker-end=\"url(#%s)\" d=\"",
		a->cycle ? "hot" : "arrow", a->cycle ? "red" : "grey");
	if (d->back[i]) /* from below one box to below the other */
		fprintf(d->v->out, "M%u %uC%u %u %u %u %u %u", x + BOX / 2, y + HIGH, x + BOX / 2,
			y + HIGH + 60, to_x + BOX / 2, to_y + HIGH + 60, to_x + BOX / 2,
			to_y + HIGH);
	else
		fprintf(d->v->out, "M%u %uC%u %u %u %u %u %u", x + BOX, y + HIGH / 2, x + BOX + 60,
			y + HIGH / 2, to_x - 60, to_y + HIGH / 2, to_x, to_y + HIGH / 2);
	fprintf(d->v->out, "\"><title>%s, then %s%s%s</title></path>\n",
		lh_view_xml(d->v, d->g.node[a->from].label),
		lh_view_xml(d->v, d->g.node[a->to].label), at ? ": " : "", lh_view_xml(d->v, at));
}

static void draw_head(const struct drawing *d)
{
	uint32_t wide = 2 * EDGE + (d->layers ? d->layers - 1 : 0) * WIDE + BOX;
	uint32_t high = 2 * EDGE + (d->rows ? d->rows : 1) * DOWN;

	fprintf(d->v->out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%u\" height=\"%u\" viewBox=\"0 "
		"0 %u %u\" font-family=\"sans-serif\" font-size=\"13\" text-anchor=\"middle\">\n"
		"<title>An arrow from a to b: b was acquired while a was held. Red: a "
		"cycle.</title>\n"
		"<style>.spot,.ring{fill:#fff;stroke:#666}.ring{stroke:#b3261e;stroke-width:2}."
		"kind{font-size:10px;fill:#666}.arrow,.hot{fill:none;stroke:#666}.hot{stroke:#"
		"b3261e;stroke-width:2}</style>\n"
		"<defs>",
		wide, high, wide, high);
	for (int i = 0; i < 2; i++)
		fprintf(d->v->out,
			"<marker id=\"%s\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" "
			"markerWidth=\"8\" markerHeight=\"8\" markerUnits=\"userSpaceOnUse\" "
			"orient=\"auto\"><path d=\"M0 0L8 4L0 8z\" fill=\"%s\"/></marker>",
			i ? "red" : "grey", i ? "#b3261e" : "#666");
	fprintf(d->v->out, "</defs>\n<rect width=\"%u\" height=\"%u\" fill=\"#fff\"/>\n", wide,
		high);
}

static void compute_layout(struct drawing *d)
{
	struct lh_arena *p = d->v->arena;

	d->layer = lh_arena_alloc(p, (d->g.nodes + 1) * sizeof(*d->layer));
	d->row = lh_arena_alloc(p, (d->g.nodes + 1) * sizeof(*d->row));
	d->begun = lh_arena_alloc(p, d->g.nodes + 1);
	d->done = lh_arena_alloc(p, d->g.nodes + 1);
	d->back = lh_arena_alloc(p, d->g.edges + 1);
	for (uint32_t i = 0; i < d->g.nodes; i++)
		if (d->g.node[i].shown && !d->begun[i])
			find_back_edges(d, i);
	set_layers(d);
	set_rows(d);
}

void lh_render_svg(struct lh_view *v)
{
	struct drawing d = {.v = v, .g = lh_graph_make(v)};

	compute_layout(&d);
	draw_head(&d);
	for (uint32_t i = 0; i < d.g.edges; i++)
		if (d.g.edge[i].shown)
			draw_edge(&d, i);
	for (uint32_t i = 0; i < d.g.nodes; i++)
		if (d.g.node[i].shown)
			draw_node(&d, i);
	if (d.g.hidden)
		fprintf(v->out,
			"<text x=\"120\" y=\"16\" class=\"kind\">%u more locks are not "
			"drawn</text>\n",
			d.g.hidden);
	fputs("</svg>\n", v->out);
}
