/* report.c — lockhound report: renders recorded runs and live processes in any format. */
#include "tools/cmd/commands.h"
#include "tools/cmd/load_runs.h"
#include "tools/hang/thread_dump.h"
#include "tools/render/view.h"
#include "tools/util/progress.h"

#include <string.h>
#include <unistd.h>

/* Not every format contains notes, so they are logged if a file is incomplete. */
static void warn(const struct lh_loaded_runs *runs, const struct lh_format *format)
{
	for (uint32_t i = 0; i < runs->report->notes && format->render != lh_render_text; i++)
		if (runs->incomplete)
			lh_log("%s", runs->report->note[i]);
}

static const struct lh_loaded_runs *shown;

/* Adds the thread dumps of processes that did not end by themselves. */
static void text_and_picture(struct lh_view *v)
{
	const struct lh_report_options *o = &v->report->options;
	struct lh_report_options options = {
		.symbols = o->symbols, .wrappers = o->wrappers, .root = o->root};

	lh_render_text(v);
	for (uint32_t i = 0; i < shown->ledgers; i++)
		if (lh_thread_dump_is_useful(shown->ledger[i]))
			lh_thread_dump_ledger(shown->ledger[i], options, v->out);
}

static int show(const struct lh_settings *s, const struct lh_loaded_runs *runs,
		const struct lh_format *format)
{
	struct lh_render_text_style style = lh_settings_style(s);
	const char *out = LH_OPTION(s, result).text, *color = LH_OPTION(s, color).text;
	bool fail = LH_OPTION(s, fail).from;

	warn(runs, format);
	shown = runs;
	style.brief &= !*out;
	style.width = lh_render_text_width(stdout);
	style.color = *out ? strcmp(color, "always") == 0 : lh_render_text_color(color, stdout);
	if (!lh_loaded_runs_write("report", out, runs->report, &style,
				  format->render == lh_render_text ? text_and_picture
								   : format->render))
		return LH_STATUS_REPORT_ERROR;
	if (fail && lh_report_new_findings(runs->report, style.least))
		return 1;
	/* a missing part may contain findings */
	return fail && runs->incomplete ? LH_STATUS_REPORT_ERROR : 0;
}

static int report(struct lh_settings *s, char **file, int files)
{
	const struct lh_format *format = lh_render_find(LH_OPTION(s, format).text);
	bool locks = LH_OPTION(s, locks).number;
	struct lh_project project;
	struct lh_loaded_runs runs = {0};
	struct lh_report_options options = lh_settings_report(s);
	int status = LH_STATUS_REPORT_ERROR;

	if (!files)
		return lh_bad_operands(&lh_cmd_report, "no file is named");
	if (format->binary && !*LH_OPTION(s, result).text && isatty(STDOUT_FILENO)) {
		lh_log("report: %s is not for a terminal: name a file with -o FILE", format->name);
		return LH_STATUS_REPORT_ERROR;
	}
	lh_progress_open("report", LH_OPTION(s, no_progress).number);
	options.every_lock = locks || format->render != lh_render_text;
	options.orders = format->orders;
	options.by_class = LH_OPTION(s, by_class).number;
	options.filtered = LH_OPTION(s, show_filtered).number;
	if (lh_project_open(&project,
			    (struct lh_project_options){
				    .baseline = LH_OPTION(s, baseline).text,
				    .suppressions = LH_OPTION(s, suppressions).text,
				    .policy = LH_OPTION(s, policy).text,
				    .strict = LH_OPTION(s, policy_strict).number,
			    }) &&
	    lh_loaded_runs_open(&runs, file, files, options, &project,
				LH_OPTION(s, debuginfod).number))
		status = show(s, &runs, format);
	lh_progress_close();
	lh_loaded_runs_close(&runs);
	lh_project_close(&project);
	return status;
}

const struct lh_command lh_cmd_report = {
	.name = "report",
	.purpose = "show a recorded run",
	.synopsis = "[OPTION...] FILE...\n"
		    "       FILE is a recorded run, a live ledger, - for standard input, or the "
		    "number of a\n"
		    "       process that runs under lockhound. Several files give one report.\n",
	.examples = "  lockhound report bank.lh\n"
		    "  lockhound report --format json -o report.json bank.lh\n",
	.status = "  0 shown; 1 only with --fail; 2 error (with --fail also for a file that is cut "
		  "short)\n",
	.where = LH_IN_REPORT,
	.run = report,
};
