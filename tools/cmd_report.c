/* cmd_report.c — lockhound report: any view of recorded runs and of live processes. */
#include "commands.h"
#include "output.h"
#include "render.h"
#include "say.h"
#include "symbol.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

struct report {
	const struct lh_format *format;
	const char *out, *color;
	struct lh_text_style style;
	bool fail, debuginfod;
	enum lh_severity least;
	struct lh_shelf *shelf;
	int shelves;
	bool incomplete;
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
	DEBUGINFOD
};

static const struct option options[] = {
	{"format", required_argument, NULL, FORMAT}, {"output", required_argument, NULL, OUTPUT},
	{"locks", no_argument, NULL, LOCKS},         {"show-filtered", no_argument, NULL, FILTERED},
	{"color", required_argument, NULL, COLOR},   {"no-source", no_argument, NULL, NO_SOURCE},
	{"fail", optional_argument, NULL, FAIL},     {"debuginfod", no_argument, NULL, DEBUGINFOD},
	{"help", no_argument, NULL, HELP},           {NULL, 0, NULL, 0},
};

static void help(void)
{
	puts("lockhound report: show a recorded run\n\n"
	     "Usage: lockhound report [OPTION...] FILE...\n"
	     "       FILE is a recorded run, a live ledger, - for standard input, or the number of "
	     "a\n"
	     "       process that runs under lockhound. Several files make one report.\n\n"
	     "Examples:\n"
	     "  lockhound report bank.lh\n"
	     "  lockhound report --format json -o report.json bank.lh\n\n"
	     "Options:\n"
	     "  -f, --format=F        one of:");
	for (const struct lh_format *f = lh_render_formats; f->name; f++)
		printf("                          %-8s %s\n", f->name, f->help);
	puts("  -o, --output=FILE     write there instead of to standard output\n"
	     "      --locks           also the table of locks, those waited for longest first\n"
	     "      --show-filtered   also what was set aside, and why\n"
	     "      --color=WHEN      auto, always or never\n"
	     "      --no-source       no lines of source\n"
	     "      --fail[=LEAST]    status 1 if there are new findings of severity error (or "
	     "LEAST:\n"
	     "                        error, warning, note)\n"
	     "      --debuginfod      ask the servers in DEBUGINFOD_URLS for missing debug "
	     "information\n"
	     "  -h, --help            this\n\n"
	     "Status: 0 shown; 1 only with --fail; 2 trouble, with --fail also a file that is cut "
	     "short.");
}

static bool refuse(const char *what, const char *value, const char *accepted)
{
	lh_say("report: %s '%s' is not known; accepted: %s", what, value, accepted);
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
	return lh_text_color_known(when) || refuse("--color", when, "auto, always, never");
}

static bool set_least(struct report *r, const char *name)
{
	r->fail = true;
	r->least = LH_ERROR;
	for (enum lh_severity s = LH_NOTE; name && s <= LH_ERROR; s++) {
		r->least = s;
		if (strcmp(name, lh_word_severity(s)) == 0)
			return true;
	}
	return !name || refuse("--fail", name, "error, warning, note");
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
	default:
		return false;
	}
}

/* -1: go on. getopt's own message names the program as argv[0]; ours names the command. */
static int read_options(struct report *r, int argc, char **argv)
{
	int option;

	opterr = 0;
	optind = 0;
	while ((option = getopt_long(argc, argv, ":f:o:h", options, NULL)) != -1) {
		if (option == HELP) {
			help();
			return 0;
		}
		if (option == '?')
			lh_say("report: option '%s' is not known; see 'lockhound report --help'",
			       argv[optind - 1]);
		else if (option == ':')
			lh_say("report: option '%s' wants a value; see 'lockhound report --help'",
			       argv[optind - 1]);
		if (!set(r, option))
			return LH_STATUS_VIEW_TROUBLE;
	}
	if (optind < argc)
		return -1;
	lh_say("report: which file? See 'lockhound report --help'");
	return LH_STATUS_VIEW_TROUBLE;
}

/* All files or none: a report that silently lacks one would be believed. */
static bool read_files(struct report *r, char **file, int n)
{
	r->shelf = calloc((size_t)n, sizeof(*r->shelf));
	for (; r->shelf && r->shelves < n; r->shelves++) {
		struct lh_shelf *s = &r->shelf[r->shelves];

		if (!lh_read_open(s, file[r->shelves])) {
			lh_say("%s", s->trouble);
			lh_read_close(s);
			return false;
		}
		r->incomplete |= s->trouble[0] != 0;
	}
	return r->shelf != NULL;
}

static struct lh_model *make_model(const struct report *r, struct lh_symbols *symbols)
{
	struct lh_model_wants wants = {.symbols = symbols,
				       .every_lock = r->style.locks ||
						     r->format->render != lh_render_text,
				       .orders = r->format->orders};
	struct lh_model *m = lh_model_new(wants);

	for (int i = 0; i < r->shelves; i++)
		lh_model_add_shelf(m, &r->shelf[i]);
	lh_model_finish(m);
	return m;
}

/* Formats for programs have no place for it. */
static void warn(const struct report *r, const struct lh_model *m)
{
	for (uint32_t i = 0; i < m->notes && r->incomplete && r->format->render != lh_render_text;
	     i++)
		lh_say("%s", m->note[i]);
}

static int write_report(struct report *r, const struct lh_model *m)
{
	struct lh_output out;
	char why[4400];
	int rc;

	if (!r->out) {
		r->style.color = lh_text_color(r->color, stdout);
		rc = r->format->render(m, &r->style, stdout);
		if (rc)
			lh_say("cannot write the report: %s", strerror(rc));
		return rc;
	}
	if (!lh_output_open(&out, r->out, why, sizeof(why))) {
		lh_say("%s", why);
		return EIO;
	}
	r->style.color = lh_text_color(r->color, out.file);
	rc = r->format->render(m, &r->style, out.file);
	if (rc)
		lh_output_drop(&out);
	else
		rc = lh_output_finish(&out, m->processes ? m->process[0]->pid : 0,
				      m->processes ? m->process[0]->exe : "");
	if (rc)
		lh_say("%s: cannot write the report: %s", r->out, strerror(rc));
	return rc;
}

static int show(struct report *r)
{
	struct lh_symbols *symbols = lh_symbols_new(r->debuginfod);
	struct lh_model *m = make_model(r, symbols);
	int status = 0;

	warn(r, m);
	if (write_report(r, m) != 0)
		status = LH_STATUS_VIEW_TROUBLE;
	else if (r->fail && lh_model_new_findings(m, r->least))
		status = 1;
	else if (r->fail && r->incomplete)
		status = LH_STATUS_VIEW_TROUBLE; /* what is not there cannot be called fine */
	lh_model_free(m);
	lh_symbols_free(symbols);
	return status;
}

int lh_cmd_report(int argc, char **argv)
{
	struct report r = {.format = lh_render_find("text"), .style = {.source = true}};
	int status = read_options(&r, argc, argv);

	if (status >= 0)
		return status;
	status = read_files(&r, argv + optind, argc - optind) ? show(&r) : LH_STATUS_VIEW_TROUBLE;
	while (r.shelves--)
		lh_read_close(&r.shelf[r.shelves]);
	free(r.shelf);
	return status;
}
