/* graph.c — lockhound graph: writes the lock-order graph for Graphviz or Mermaid, or as SVG. */
#include "tools/cmd/commands.h"
#include "tools/cmd/load_runs.h"
#include "tools/util/log.h"

#include <string.h>

enum { FORMAT = 'f', OUTPUT = 'o', HELP = 'h', CYCLES = 256 };

static const struct option options[] = {
	{"format", required_argument, NULL, FORMAT},
	{"output", required_argument, NULL, OUTPUT},
	{"cycles-only", no_argument, NULL, CYCLES},
	{"help", no_argument, NULL, HELP},
	{NULL, 0, NULL, 0},
};

static void help(void)
{
	puts("lockhound graph: draw which lock was acquired while which lock was held\n\n"
	     "Usage: lockhound graph [OPTION...] FILE...\n\n"
	     "Examples:\n"
	     "  lockhound graph --format=svg -o locks.svg bank.lh\n"
	     "  lockhound graph bank.lh | dot -Tpdf > locks.pdf\n"
	     "  lockhound graph --format=mermaid --cycles-only bank.lh\n\n"
	     "Options:\n"
	     "  -f, --format=F        dot, mermaid or svg\n"
	     "  -o, --output=FILE     write to FILE instead of standard output\n"
	     "      --cycles-only     only the cycles that are findings\n"
	     "  -h, --help            this\n\n"
	     "An arrow from a to c is omitted if there are arrows from a to b and from b to c. At "
	     "most\n"
	     "300 locks are drawn: those in cycles first, then their neighbours.\n\n"
	     "Status: 0 drawn, 2 error.");
}

static int draw(char **file, int n, const char *out, struct lh_render_text_style *style,
		lh_renderer *render)
{
	struct lh_loaded_runs r;
	int status = LH_STATUS_REPORT_ERROR;

	if (lh_loaded_runs_open(&r, file, n, (struct lh_report_options){.orders = true}, NULL,
				false) &&
	    lh_loaded_runs_write("graph", out, r.report, style, render))
		status = 0;
	for (uint32_t i = 0; r.report && i < r.report->notes; i++)
		lh_log("%s", r.report->note[i]);
	lh_loaded_runs_close(&r);
	return status;
}

int lh_cmd_graph(int argc, char **argv)
{
	struct lh_render_text_style style = {0};
	lh_renderer *render = lh_render_dot;
	const char *out = NULL;
	bool begun = false;
	int o;

	while ((o = lh_loaded_runs_option("graph", &begun, argc, argv, ":f:o:h", options)) != -1) {
		if (o == HELP) {
			help();
			return 0;
		}
		if (o == '?')
			return LH_STATUS_REPORT_ERROR;
		if (o == OUTPUT)
			out = optarg;
		style.cycles_only |= o == CYCLES;
		if (o != FORMAT)
			continue;
		render = strcmp(optarg, "mermaid") == 0 ? lh_render_mermaid
			 : strcmp(optarg, "svg") == 0   ? lh_render_svg
			 : strcmp(optarg, "dot") == 0   ? lh_render_dot
							: NULL;
		if (!render) {
			lh_log("graph: format '%s' is not known; accepted: dot, mermaid, svg",
			       optarg);
			return LH_STATUS_REPORT_ERROR;
		}
	}
	if (optind < argc)
		return draw(argv + optind, argc - optind, out, &style, render);
	lh_log("graph: which file? See 'lockhound graph --help'");
	return LH_STATUS_REPORT_ERROR;
}
