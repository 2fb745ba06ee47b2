/*
 * svg.c — draws the lock-order graph: outer locks are at the left, the locks acquired under them to
 * the right. Cycles are red and come first. Full names and places are tooltips.
 *
 * An arrow meets no box: it runs only between two columns of the grid (graph_layout.h), and, if it
 * leads over other columns or back, between two rows.
 */
#include "tools/render/graph.h"
#include "tools/render/graph_layout.h"
#include "tools/render/picture.h"
#include "tools/util/shorten.h"

enum {
	BOX = 180,
	HIGH = 42,
	GUTTER = 64,     /* between two columns */
	ALLEY = 24,      /* between two rows */
	EDGE = 44,       /* around the grid */
	COLUMNS = 8,     /* of a small graph */
	TIP = 8,         /* length of an arrow's tip */
	CYCLES_MAX = 10, /* in words, each of at most CYCLE_MAX columns */
	CYCLE_MAX = 200,
	NAME_MAX = 100, /* columns */
	TRACKS = 5      /* arrows beside each other in an alley */
};

struct drawing {
	struct lh_view *v;
	struct lh_graph g;
	struct lh_layout layout;
	uint32_t *track; /* by alley: how many arrows run there */
	uint32_t width, bottom;
};

static int left(const struct drawing *d, uint32_t node)
{
	return EDGE + (int)d->layout.cell[node].column * (BOX + GUTTER);
}

static int top(uint32_t row)
{
	return EDGE + (int)row * (HIGH + ALLEY);
}

static const char *xml(const struct drawing *d, const char *text)
{
	return lh_view_xml(d->v, text);
}

/* ---- arrows ---- */

/* The height at which an arrow leaves or meets a box, nearer to where the other end is. */
static int port(const struct drawing *d, uint32_t node, uint32_t other)
{
	int rows = (int)d->layout.cell[other].row - (int)d->layout.cell[node].row;
	int shift = rows * 3;

	shift = shift > 12 ? 12 : shift < -12 ? -12 : shift;
	return top(d->layout.cell[node].row) + HIGH / 2 + shift;
}

static void draw_path(const struct drawing *d, bool cycle, const char *path)
{
	if (cycle)
		fprintf(d->v->out, "<path class=\"lp-gap\" d=\"%s\"/>", path);
	fprintf(d->v->out, "<path class=\"%s\" d=\"%s\"/>", cycle ? "lp-bad" : "lp-rule", path);
}

/* In the alley above or below the target, whichever is on the way. */
static int alley_of(struct drawing *d, const struct lh_graph_edge *e)
{
	uint32_t from = d->layout.cell[e->from].row, to = d->layout.cell[e->to].row;
	uint32_t alley = to < from ? to + 1 : to;

	return top(alley) - ALLEY + 4 + (int)(d->track[alley]++ % TRACKS) * 4;
}

/* The curve from one height to another between two columns, and an alley between them. */
static const char *path_of(struct drawing *d, const struct lh_graph_edge *e)
{
	struct lh_arena *p = d->v->arena;
	int x = left(d, e->from) + BOX, y = port(d, e->from, e->to), to_x = left(d, e->to) - TIP,
	    to_y = port(d, e->to, e->from), middle = x + GUTTER / 2, alley, bend;

	if (to_x == x + GUTTER - TIP)
		return lh_arena_printf(p, "M%d %dC%d %d %d %d %d %d", x, y, middle, y, middle, to_y,
				       to_x, to_y);
	alley = alley_of(d, e);
	bend = 24 + alley % 20;
	if (to_x > x)
		return lh_arena_printf(p, "M%d %dC%d %d %d %d %d %dH%dC%d %d %d %d %d %d", x, y,
				       middle, y, middle, alley, x + GUTTER, alley,
				       to_x + TIP - GUTTER, to_x - GUTTER / 2, alley,
				       to_x - GUTTER / 2, to_y, to_x, to_y);
	return lh_arena_printf(p, "M%d %dC%d %d %d %d %d %dH%dC%d %d %d %d %d %d", x, y, x + bend,
			       y, x + bend, alley, x, alley, to_x + TIP, to_x - bend, alley,
			       to_x - bend, to_y, to_x, to_y);
}

/* Of a tooltip: two of them and a place fit into one. */
static const char *name(const struct drawing *d, uint32_t node)
{
	return lh_shorten_name(d->v->arena, d->g.node[node].label, NAME_MAX);
}

static void draw_edge(struct drawing *d, const struct lh_graph_edge *e)
{
	const char *at = e->orders > 1 ? lh_view_count(d->v, e->orders, "order", "orders")
			 : e->frame    ? lh_view_at(d->v, e->frame)
				       : NULL;
	int x = left(d, e->to), y = port(d, e->to, e->from);

	fprintf(d->v->out, "<g class=\"edge%s\" data-from=\"%u\" data-to=\"%u\">",
		e->cycle ? " cycle" : "", e->from, e->to);
	lh_picture_title(d->v, lh_arena_printf(d->v->arena, "%s, then %s%s%s", name(d, e->from),
					       name(d, e->to), at ? ": " : "", at ? at : ""));
	draw_path(d, e->cycle, path_of(d, e));
	fprintf(d->v->out, "<path class=\"%s\" d=\"M%d %dl-8 -4v8z\"/></g>\n",
		e->cycle ? "lp-wait" : "lp-tip", x, y);
}

/* ---- boxes ---- */

static void draw_node(struct drawing *d, uint32_t i)
{
	const struct lh_graph_node *s = &d->g.node[i];
	const char *kind = lh_graph_kind(d->v, s);
	int x = left(d, i), y = top(d->layout.cell[i].row);
	uint32_t columns = LH_PICTURE_COLUMNS(BOX - 8);
	struct lh_arena *p = d->v->arena;

	fprintf(d->v->out, "<g class=\"lock%s\" data-lock=\"%u\">", s->cycle ? " cycle" : "", i);
	lh_picture_title(d->v, s->inside ? lh_arena_printf(p, "%s, %s; %u orders between them",
							   s->label, kind, s->inside)
					 : lh_arena_printf(p, "%s, %s", s->label, kind));
	fprintf(d->v->out,
		"<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"8\" class=\"%s\"/>", x, y,
		BOX, HIGH,
		s->cycle   ? "lp-ring"
		: s->group ? "lp-box lp-fold"
			   : "lp-box");
	fprintf(d->v->out,
		"<text class=\"lp-mid\"><tspan x=\"%d\" y=\"%d\">%s</tspan>"
		"<tspan x=\"%d\" y=\"%d\" class=\"lp-dim\">%s</tspan></text></g>\n",
		x + BOX / 2, y + 17, xml(d, lh_shorten_name(p, s->label, columns)), x + BOX / 2,
		y + 34,
		xml(d, s->file ? lh_shorten_path(p, kind, columns) : lh_shorten(p, kind, columns)));
}

/* ---- the picture ---- */

static void compute_layout(struct drawing *d)
{
	struct lh_arena *p = d->v->arena;
	struct lh_layout_edge *edge = lh_arena_alloc(p, (d->g.edges + 1) * sizeof(*edge));
	bool *cycle = lh_arena_alloc(p, (d->g.nodes + 1) * sizeof(*cycle));

	for (uint32_t i = 0; i < d->g.edges; i++)
		edge[i] = (struct lh_layout_edge){d->g.edge[i].from, d->g.edge[i].to};
	for (uint32_t i = 0; i < d->g.nodes; i++)
		cycle[i] = d->g.node[i].cycle;
	d->layout = lh_layout_graph(p, d->g.nodes, edge, d->g.edges, cycle, COLUMNS);
	d->track = lh_arena_alloc(p, (d->layout.rows + 2) * sizeof(*d->track));
	d->width = 2 * EDGE + d->layout.columns * (BOX + GUTTER) - (d->layout.columns ? GUTTER : 0);
	if (d->width < LH_PICTURE_WIDTH)
		d->width = LH_PICTURE_WIDTH;
	d->bottom = EDGE + d->layout.rows * (HIGH + ALLEY);
}

/* What the picture shows, for screen readers: the numbers, and the cycles in words. */
static const char *description(const struct drawing *d)
{
	struct lh_view *v = d->v;
	const char *text =
		lh_arena_printf(v->arena, "%s, %s.", lh_view_count(v, d->g.nodes, "box", "boxes"),
				lh_view_count(v, d->g.edges, "order", "orders"));

	for (uint32_t i = 0, n = 0; i < v->report->findings && n < CYCLES_MAX; i++)
		if (v->report->finding[i]->cycle) {
			text = lh_arena_printf(
				v->arena, "%s %s %s", text, n++ ? "Another:" : "A cycle:",
				lh_shorten(v->arena, lh_view_subject(v, v->report->finding[i]),
					   CYCLE_MAX));
		}
	return text;
}

void lh_graph_svg(struct lh_view *v, bool alone)
{
	struct drawing d = {.v = v, .g = lh_graph_make(v)};
	const char *note = lh_graph_note(v, &d.g);
	struct lh_picture_text text;

	compute_layout(&d);
	text = lh_picture_wrap(v->arena,
			       lh_arena_printf(v->arena,
					       "An arrow from a to b: b was acquired while a was "
					       "held. Red: a cycle. %s",
					       note ? note : ""),
			       LH_PICTURE_COLUMNS(d.width - 2 * EDGE));
	lh_picture_begin(
		v, &(struct lh_picture){.class = "graph",
					.title = "Lock-order graph",
					.desc = description(&d),
					.width = d.width,
					.height = d.bottom + LH_PICTURE_LINE * (text.lines + 1),
					.alone = alone});
	for (int cycle = 0; cycle < 2; cycle++)
		for (uint32_t i = 0; i < d.g.edges; i++)
			if (d.g.edge[i].cycle == (cycle == 1))
				draw_edge(&d, &d.g.edge[i]);
	for (uint32_t i = 0; i < d.g.nodes; i++)
		draw_node(&d, i);
	fputs("<text>", v->out);
	lh_picture_lines(v, &text, EDGE, d.bottom + LH_PICTURE_LINE, "lp-dim");
	fputs("</text>\n</svg>\n", v->out);
}

void lh_render_svg(struct lh_view *v)
{
	lh_graph_svg(v, true);
}
