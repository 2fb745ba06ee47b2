/* report.c — lockhound report: renders recorded runs and live processes in any format. */
#include "tools/cmd/commands.h"
#include "tools/cmd/load_runs.h"
#include "tools/util/log.h"
#include "tools/hang/thread_dump.h"
#include "tools/render/view.h"

#include <string.h>

struct report {
	const struct lh_format *format;
	const char *out, *color;
	struct lh_render_text_style style;
	struct lh_project_options options;
	struct lh_project project;
	const char *wrappers;
	bool fail, debuginfod, by_class;
	enum lh_severity least;
	struct lh_loaded_runs recorded;
};

enum {
	FORMAT = 'f',
	OUTPUT = 'o',
	HELP = 'h',
	LOCKS = 256,
	FILTERED,
	COLOR,
	NO_SOURCE,
	FAIL,
	DEBUGINFOD,
	BASELINE,
	SUPPRESSIONS,
	POLICY,
	POLICY_STRICT,
	SOURCE_ROOT,
	INCLUDE_SUPPRESSED,
	FILE_ATTRIBUTE,
	BY_CLASS,
	WRAPPERS
};

static const struct option options[] = {
	{"format", required_argument, NULL, FORMAT},
	{"output", required_argument, NULL, OUTPUT},
	{"locks", no_argument, NULL, LOCKS},
	{"show-filtered", no_argument, NULL, FILTERED},
	{"color", required_argument, NULL, COLOR},
	{"no-source", no_argument, NULL, NO_SOURCE},
	{"fail", optional_argument, NULL, FAIL},
	{"debuginfod", no_argument, NULL, DEBUGINFOD},
	{"baseline", required_argument, NULL, BASELINE},
	{"suppressions", required_argument, NULL, SUPPRESSIONS},
	{"policy", required_argument, NULL, POLICY},
	{"policy-strict", no_argument, NULL, POLICY_STRICT},
	{"source-root", required_argument, NULL, SOURCE_ROOT},
	{"sarif-include-suppressed", no_argument, NULL, INCLUDE_SUPPRESSED},
	{"junit-file-attr", no_argument, NULL, FILE_ATTRIBUTE},
	{"by-class", no_argument, NULL, BY_CLASS},
	{"wrappers", required_argument, NULL, WRAPPERS},
	{"help", no_argument, NULL, HELP},
	{NULL, 0, NULL, 0},
};

static void help(void)
{
	puts("lockhound report: show a recorded run\n\n"
	     "Usage: lockhound report [OPTION...] FILE...\n"
	     "       FILE is a recorded run, a live ledger, - for standard input, or the number of "
	     "a\n"
	     "       process that runs under lockhound. Several files give one report.\n\n"
	     "Examples:\n"
	     "  lockhound report bank.lh\n"
	     "  lockhound report --format json -o report.json bank.lh\n\n"
	     "Options:\n"
	     "  -f, --format=F        one of:");
	for (const struct lh_format *f = lh_render_formats; f->name; f++)
		printf("                          %-8s %s\n", f->name, f->help);
	puts("  -o, --output=FILE     write to FILE instead of standard output\n"
	     "      --locks           also the table of locks, longest total wait first\n"
	     "      --show-filtered   also filtered findings, and why\n"
	     "      --by-class        also compare lock orders of locks initialized at the same "
	     "place\n"
	     "      --wrappers=PATTERNS  with --by-class: functions or objects that wrap init "
	     "calls\n"
	     "      --color=WHEN      auto, always or never\n"
	     "      --no-source       no source lines\n"
	     "      --fail[=LEAST]    status 1 if there are new findings of severity error (or "
	     "LEAST:\n"
	     "                        error, warning, note)\n"
	     "      --baseline=FILE   known findings, which do not count as new\n"
	     "      --suppressions=FILE   findings to ignore; may be repeated\n"
	     "      --policy=FILE     the declared order of locks; breaking it is a finding\n"
	     "      --policy-strict   an order that the policy does not declare is a finding too\n"
	     "      --source-root=DIR paths in reports are relative to this directory\n"
	     "      --sarif-include-suppressed   also suppressed and baseline findings, and why\n"
	     "      --junit-file-attr file= and line= for GitLab; the schema of Jenkins rejects "
	     "them\n"
	     "      --debuginfod      ask the servers in DEBUGINFOD_URLS for missing debug "
	     "information\n"
	     "  -h, --help            this\n\n"
	     "Status: 0 shown; 1 only with --fail; 2 error (with --fail also for a file that is "
	     "cut short).");
}

static bool refuse(const char *subject, const char *value, const char *accepted)
{
	lh_log("report: %s '%s' is not known; accepted: %s", subject, value, accepted);
	return false;
}

static bool set_format(struct report *r, const char *name)
{
	char all[200] = "";
	size_t n = 0;

	r->format = lh_render_find(name);
	for (const struct lh_format *f = lh_render_formats; f->name && n < sizeof(all); f++)
		n += (size_t)snprintf(all + n, sizeof(all) - n, "%s%s", n ? ", " : "", f->name);
	return r->format || refuse("format", name, all);
}

static bool set_color(struct report *r, const char *when)
{
	r->color = when;
	return lh_render_text_color_known(when) || refuse("--color", when, "auto, always, never");
}

static bool set_least(struct report *r, const char *name)
{
	r->fail = true;
	r->least = LH_ERROR;
	for (enum lh_severity s = LH_NOTE; name && s <= LH_ERROR; s++) {
		r->least = s;
		if (strcmp(name, lh_name_severity(s)) == 0)
			return true;
	}
	return !name || refuse("--fail", name, "error, warning, note");
}

static bool set_project(struct report *r, int option)
{
	switch (option) {
	case BASELINE:
		r->options.baseline = optarg;
		return true;
	case SUPPRESSIONS:
		r->options.suppressions = lh_loaded_runs_join(r->options.suppressions, optarg);
		return true;
	case POLICY:
		r->options.policy = optarg;
		return true;
	case POLICY_STRICT:
		return r->options.strict = true;
	case SOURCE_ROOT:
		r->style.root = optarg;
		return true;
	case INCLUDE_SUPPRESSED:
		return r->style.suppressed = true;
	case FILE_ATTRIBUTE:
		return r->style.file_attribute = true;
	default:
		return false;
	}
}

static bool set(struct report *r, int option)
{
	switch (option) {
	case FORMAT:
		return set_format(r, optarg);
	case OUTPUT:
		r->out = optarg;
		return true;
	case LOCKS:
		return r->style.locks = true;
	case FILTERED:
		return r->style.filtered = true;
	case COLOR:
		return set_color(r, optarg);
	case NO_SOURCE:
		r->style.source = false;
		return true;
	case FAIL:
		return set_least(r, optarg);
	case DEBUGINFOD:
		return r->debuginfod = true;
	case BY_CLASS:
		return r->by_class = true;
	case WRAPPERS:
		r->wrappers = optarg;
		return true;
	default:
		return set_project(r, option);
	}
}

/* -1: continue. */
static int read_options(struct report *r, int argc, char **argv)
{
	bool begun = false;
	int option;

	while ((option = lh_loaded_runs_option("report", &begun, argc, argv, ":f:o:h", options)) !=
	       -1) {
		if (option == HELP) {
			help();
			return 0;
		}
		if (!set(r, option))
			return LH_STATUS_REPORT_ERROR;
	}
	if (optind < argc)
		return -1;
	lh_log("report: no file is named; see 'lockhound report --help'");
	return LH_STATUS_REPORT_ERROR;
}

/* Not every format contains notes, so they are logged if a file is incomplete. */
static void warn(const struct report *r)
{
	const struct lh_report *report = r->recorded.report;

	for (uint32_t i = 0; i < report->notes && r->format->render != lh_render_text; i++)
		if (r->recorded.incomplete)
			lh_log("%s", report->note[i]);
}

static const struct lh_loaded_runs *shown;

/* Adds the thread dumps of processes that did not end by themselves. */
static void text_and_picture(struct lh_view *v)
{
	lh_render_text(v);
	for (int i = 0; i < shown->files; i++)
		for (uint32_t k = 0; k < shown->file[i].n; k++)
			if (lh_thread_dump_is_useful(&shown->file[i].view[k]))
				lh_thread_dump_ledger(&shown->file[i].view[k], shown->symbols,
						      v->out);
}

static int show(struct report *r)
{
	const struct lh_report *report = r->recorded.report;

	lh_renderer *render = r->format->render;

	warn(r);
	shown = &r->recorded;
	/* JUnit contains what fails; without --fail it uses the default of `check`. */
	r->style.least = r->fail ? r->least : LH_ERROR;
	r->style.color = r->out ? r->color && strcmp(r->color, "always") == 0
				: lh_render_text_color(r->color, stdout);
	if (!lh_loaded_runs_write("report", r->out, report, &r->style,
				  render == lh_render_text ? text_and_picture : render))
		return LH_STATUS_REPORT_ERROR;
	if (r->fail && lh_report_new_findings(report, r->least))
		return 1;
	/* a missing part may contain findings */
	return r->fail && r->recorded.incomplete ? LH_STATUS_REPORT_ERROR : 0;
}

int lh_cmd_report(int argc, char **argv)
{
	struct report r = {.format = lh_render_find("text"), .style = {.source = true}};
	struct lh_report_options report_options = {0};
	int status = read_options(&r, argc, argv);

	if (status >= 0)
		return status;
	report_options.every_lock = r.style.locks || r.format->render != lh_render_text;
	report_options.orders = r.format->orders;
	report_options.by_class = r.by_class;
	report_options.filtered = r.style.filtered;
	report_options.wrappers = r.wrappers;
	status = LH_STATUS_REPORT_ERROR;
	if (lh_project_open(&r.project, r.options) &&
	    lh_loaded_runs_open(&r.recorded, argv + optind, argc - optind, report_options,
				&r.project, r.debuginfod))
		status = show(&r);
	lh_loaded_runs_close(&r.recorded);
	lh_project_close(&r.project);
	return status;
}
