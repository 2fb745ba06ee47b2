/* graph.c — lockhound graph: writes the lock-order graph for Graphviz or Mermaid, or as SVG. */
#include "tools/cmd/commands.h"
#include "tools/cmd/load_runs.h"

static int draw(struct lh_settings *s, char **file, int files)
{
	static lh_renderer *const forms[] = {lh_render_dot, lh_render_mermaid, lh_render_svg};
	struct lh_render_text_style style = lh_settings_style(s);
	struct lh_report_options options = lh_settings_report(s);
	struct lh_loaded_runs r;
	int status = LH_STATUS_REPORT_ERROR;

	if (!files)
		return lh_bad_operands(&lh_cmd_graph, "no file is named");
	options.orders = true;
	if (lh_loaded_runs_open(&r, file, files, options, NULL, false) &&
	    lh_loaded_runs_write("graph", LH_OPTION(s, result).text, r.report, &style,
				 forms[LH_OPTION(s, graph_format).number]))
		status = 0;
	for (uint32_t i = 0; r.report && i < r.report->notes; i++)
		lh_log("%s", r.report->note[i]);
	lh_loaded_runs_close(&r);
	return status;
}

const struct lh_command lh_cmd_graph = {
	.name = "graph",
	.purpose = "draw the lock-order graph, as SVG, for Graphviz or Mermaid",
	.synopsis = "[OPTION...] FILE...\n",
	.examples = "  lockhound graph --format=svg -o locks.svg bank.lh\n"
		    "  lockhound graph bank.lh | dot -Tpdf > locks.pdf\n"
		    "  lockhound graph --format=mermaid --cycles-only bank.lh\n",
	.notes = "An arrow from a to c is omitted if there are arrows from a to b and from b to c. "
		 "Of more\n"
		 "than 30 locks, those in cycles and their neighbours are drawn (without cycles: "
		 "those with\n"
		 "the most arrows), and the others as one box for each source file, unless "
		 "--all-locks is\n"
		 "given.\n",
	.status = "  0 drawn, 2 error\n",
	.where = LH_IN_GRAPH,
	.run = draw,
};
