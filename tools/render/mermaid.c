/* mermaid.c — the lock-order graph for Mermaid. */
#include "tools/render/graph.h"

int lh_render_mermaid(const struct lh_report *report, const struct lh_render_text_style *style,
		      FILE *out)
{
	struct lh_view v = lh_view_open(report, style, out);
	struct lh_graph g = lh_graph_make(&v);
	uint32_t link = 0;

	fputs("%% An arrow from a to b: b was acquired while a was held. Red: a cycle.\n"
	      "flowchart LR\n",
	      out);
	for (uint32_t i = 0; i < g.nodes; i++)
		if (g.node[i].shown)
			fprintf(out, "    n%u[\"%s\"]\n", i, lh_view_mermaid(&v, g.node[i].label));
	for (uint32_t i = 0; i < g.edges; i++) {
		const struct lh_graph_edge *a = &g.edge[i];
		const char *at = a->frame ? lh_view_at(&v, a->frame) : NULL;

		if (!a->shown)
			continue;
		fprintf(out, "    n%u -->", a->from);
		if (at)
			fprintf(out, "|\"%s\"|", lh_view_mermaid(&v, at));
		fprintf(out, " n%u\n", a->to);
		if (a->cycle)
			fprintf(out, "    linkStyle %u stroke:#b3261e,stroke-width:3px\n", link);
		link++;
	}
	if (g.hidden)
		fprintf(out, "    more[\"%s\"]\n",
			lh_view_mermaid(&v, lh_view_count(&v, g.hidden, "more lock is not drawn",
							  "more locks are not drawn")));
	return lh_view_close(&v);
}
