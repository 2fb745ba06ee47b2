/* dot.c — the lock-order graph for Graphviz. In a quoted string " and \ are escaped. */
#include "tools/render/graph.h"

#include <string.h>

static const char *quoted(struct lh_view *v, const char *text)
{
	const char *clean = lh_view_clean(v, text);
	char *out = lh_arena_alloc(v->arena, 2 * strlen(clean) + 3), *at = out;

	*at++ = '"';
	for (; *clean; clean++) {
		if (*clean == '"' || *clean == '\\')
			*at++ = '\\';
		*at++ = *clean;
	}
	*at = '"';
	return out;
}

/* The line end in a label is an escape of dot, so it is inserted after the quoting. */
static const char *two_lines(struct lh_view *v, const char *first, const char *second)
{
	const char *a = quoted(v, first), *b = quoted(v, second);

	return lh_arena_printf(v->arena, "%.*s\\n%s", (int)strlen(a) - 1, a, b + 1);
}

static void show_node(struct lh_view *v, uint32_t i, const struct lh_graph_node *s)
{
	const char *kind = lh_graph_kind(v, s);

	fprintf(v->out, "\tn%u [label=%s%s];\n", i, two_lines(v, s->label, kind),
		s->cycle   ? ", color=\"#b3261e\", penwidth=2"
		: s->group ? ", style=\"rounded,dashed\""
			   : "");
}

static void show_edge(struct lh_view *v, const struct lh_graph_edge *a)
{
	const char *at = a->frame && a->orders < 2 ? lh_view_at(v, a->frame) : NULL;
	const char *function = a->frame && a->frame->function ? a->frame->function : "";

	fprintf(v->out, "\tn%u -> n%u [", a->from, a->to);
	if (at)
		fprintf(v->out, "label=%s, ", two_lines(v, function, at));
	else if (a->orders > 1)
		fprintf(v->out, "label=\"%u orders\", ", a->orders);
	fprintf(v->out, "%s];\n",
		a->cycle ? "color=\"#b3261e\", fontcolor=\"#b3261e\", penwidth=2"
			 : "color=\"#666666\"");
}

void lh_render_dot(struct lh_view *v)
{
	struct lh_graph g = lh_graph_make(v);
	const char *note = lh_graph_note(v, &g);

	fprintf(v->out, "// An arrow from a to b: b was acquired while a was held. Red: a cycle.\n"
			"digraph locks {\n"
			"\trankdir=LR;\n"
			"\tnode [shape=box, style=rounded, fontname=\"sans-serif\"];\n"
			"\tedge [fontname=\"sans-serif\", fontsize=10];\n");
	for (uint32_t i = 0; i < g.nodes; i++)
		show_node(v, i, &g.node[i]);
	for (uint32_t i = 0; i < g.edges; i++)
		show_edge(v, &g.edge[i]);
	if (note)
		fprintf(v->out, "\tlabel=\"%s\";\n", note);
	fputs("}\n", v->out);
}
