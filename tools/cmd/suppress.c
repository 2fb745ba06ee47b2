/* suppress.c — lockhound suppress: prints lines to paste into a suppression file. */
#include "tools/cmd/commands.h"
#include "tools/cmd/load_runs.h"

static int print(struct lh_settings *s, char **file, int files)
{
	struct lh_loaded_runs r = {0};
	struct lh_project project;
	struct lh_project_options options = {.baseline = LH_OPTION(s, baseline).text,
					     .suppressions = LH_OPTION(s, suppressed).text};

	if (!files)
		return lh_bad_operands(&lh_cmd_suppress, "no file is named");
	bool good = lh_project_open(&project, options) &&
		    lh_loaded_runs_open(&r, file, files, lh_settings_report(s), &project, false);
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

const struct lh_command lh_cmd_suppress = {
	.name = "suppress",
	.purpose = "print entries for a suppression file",
	.synopsis = "[OPTION...] FILE...\n",
	.examples = "  lockhound suppress bank.lh >> lockhound.supp\n"
		    "  lockhound suppress --suppressions=lockhound.supp bank.lh    what is missing "
		    "in it\n",
	.notes = "Each entry has a comment for the reason and the expiry date. "
		 "docs/suppressions.md describes\n"
		 "the other types of entries.\n",
	.status = "  0 printed, also if there was nothing to print; 2 error\n",
	.where = LH_IN_SUPPRESS,
	.run = print,
};
