/* suppress.c — lockhound suppress: prints lines to paste into a suppression file. */
#include "tools/cmd/commands.h"
#include "tools/cmd/load_runs.h"
#include "tools/util/log.h"

enum { SUPPRESSIONS = 's', HELP = 'h', BASELINE = 256 };

static const struct option options[] = {
	{"suppressions", required_argument, NULL, SUPPRESSIONS},
	{"baseline", required_argument, NULL, BASELINE},
	{"help", no_argument, NULL, HELP},
	{NULL, 0, NULL, 0},
};

static void help(void)
{
	puts("lockhound suppress: print entries for a suppression file\n\n"
	     "Usage: lockhound suppress [OPTION...] FILE...\n\n"
	     "Examples:\n"
	     "  lockhound suppress bank.lh >> lockhound.supp\n"
	     "  lockhound suppress --suppressions=lockhound.supp bank.lh    what is missing in "
	     "it\n\n"
	     "Options:\n"
	     "  -s, --suppressions=FILE   omit findings that FILE suppresses\n"
	     "      --baseline=FILE       omit findings of the baseline\n"
	     "  -h, --help                this\n\n"
	     "Each entry has a comment for the reason and the expiry date. docs/suppressions.md "
	     "describes\n"
	     "the other types of entries.\n\n"
	     "Status: 0 printed, also if there was nothing to print; 2 error.");
}

static int print(char **file, int n, struct lh_project_options project_options)
{
	struct lh_loaded_runs r = {0};
	struct lh_project project;
	bool good =
		lh_project_open(&project, project_options) &&
		lh_loaded_runs_open(&r, file, n, (struct lh_report_options){0}, &project, false);

	for (uint32_t i = 0; good && i < r.report->findings; i++)
		if (r.report->finding[i]->status == LH_NEW)
			lh_suppress_print(r.report, r.report->finding[i], stdout);
	if (good && (fflush(stdout) || ferror(stdout))) {
		lh_log("suppress: cannot write the entries");
		good = false;
	}
	lh_loaded_runs_close(&r);
	lh_project_close(&project);
	return good ? 0 : LH_STATUS_REPORT_ERROR;
}

int lh_cmd_suppress(int argc, char **argv)
{
	struct lh_project_options project_options = {0};
	bool begun = false;
	int o;

	while ((o = lh_loaded_runs_option("suppress", &begun, argc, argv, ":s:h", options)) != -1) {
		if (o == HELP) {
			help();
			return 0;
		}
		if (o == '?')
			return LH_STATUS_REPORT_ERROR;
		if (o == SUPPRESSIONS)
			project_options.suppressions =
				lh_loaded_runs_join(project_options.suppressions, optarg);
		else
			project_options.baseline = optarg;
	}
	if (optind < argc)
		return print(argv + optind, argc - optind, project_options);
	lh_log("suppress: no file is named; see 'lockhound suppress --help'");
	return LH_STATUS_REPORT_ERROR;
}
