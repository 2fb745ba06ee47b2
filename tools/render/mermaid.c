/* mermaid.c — the lock-order graph for Mermaid. */
#include "tools/render/graph.h"

void lh_render_mermaid(struct lh_view *v)
{
	struct lh_graph g = lh_graph_make(v);
	const char *note = lh_graph_note(v, &g);

	fputs("%% An arrow from a to b: b was acquired while a was held. Red: a cycle.\n"
	      "flowchart LR\n",
	      v->out);
	for (uint32_t i = 0; i < g.nodes; i++)
		fprintf(v->out, g.node[i].group ? "    n%u(\"%s\")\n" : "    n%u[\"%s\"]\n", i,
			lh_view_mermaid(v, g.node[i].label));
	for (uint32_t i = 0; i < g.edges; i++) {
		const struct lh_graph_edge *a = &g.edge[i];
		const char *at = a->orders > 1 ? lh_arena_printf(v->arena, "%u orders", a->orders)
				 : a->frame    ? lh_view_at(v, a->frame)
					       : NULL;

		fprintf(v->out, "    n%u -->", a->from);
		if (at)
			fprintf(v->out, "|\"%s\"|", lh_view_mermaid(v, at));
		fprintf(v->out, " n%u\n", a->to);
		if (a->cycle)
			fprintf(v->out, "    linkStyle %u stroke:#b3261e,stroke-width:3px\n", i);
	}
	if (note)
		fprintf(v->out, "    more[\"%s\"]\n", lh_view_mermaid(v, note));
}
