/* top.c — lockhound top: the locks of a watched process, live or for scripts. */
#include "tools/cmd/commands.h"
#include "tools/util/escape.h"
#include "tools/top/screen.h"
#include "tools/render/render.h"
#include "tools/symbols/symbols.h"
#include "tools/top/profile.h"
#include "tools/top/top.h"
#include "tools/top/target.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct top {
	const struct lh_settings *settings;
	uint64_t samples;
	uint32_t most; /* rows that are shown */
	struct lh_top_page page;
	struct lh_top table;
	struct lh_top_target target;
	struct lh_report *report;
	struct lh_symbols *symbols;
};

/* ---- a sample ---- */

/* The report, with its names, is kept as long as the program is the same. */
static void renew_report(struct top *t)
{
	struct lh_report_options options = lh_settings_report(t->settings);

	lh_report_free(t->report);
	options.symbols = t->symbols;
	t->report = lh_report_new(options);
}

static void make_table(struct top *t)
{
	if (t->target.fresh || !t->report)
		renew_report(t);
	lh_top_sample(&t->table, &t->target.ledger, lh_top_target_now(&t->target));
	t->page.pid = t->target.pid;
	t->page.comm = t->target.ledger.head.comm;
}

static void order(struct top *t, uint32_t shown)
{
	lh_top_sort(&t->table, t->page.key, t->page.totals, t->page.reverse);
	lh_top_name(&t->table, t->report, &t->target.ledger, shown);
}

/* Prints why no further sample is possible. */
static void print_end(const struct top *t)
{
	struct lh_arena *p = lh_arena_new();

	lh_log("%s", lh_escape(p, LH_ESCAPE_TEXT, t->target.error));
	lh_arena_free(p);
}

static int64_t delay_ms(const struct top *t)
{
	return LH_OPTION(t->settings, delay).number / 1000000;
}

/* ---- for scripts ---- */

/* Waits for the next sample's time. False: the reader of stdout is gone. */
static bool pause_between(const struct top *t)
{
	struct timespec now, end;
	struct pollfd list[] = {{STDOUT_FILENO, 0, 0}, {t->target.end, POLLIN, 0}};
	int64_t left = delay_ms(t);

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += (time_t)(left / 1000);
	end.tv_nsec += (long)(left % 1000) * 1000000;
	while (left > 0) {
		if (poll(list, 2, left > 60000 ? 60000 : (int)left) > 0)
			return !(list[0].revents & (POLLERR | POLLNVAL));
		clock_gettime(CLOCK_MONOTONIC, &now);
		left = (end.tv_sec - now.tv_sec) * 1000 + (end.tv_nsec - now.tv_nsec) / 1000000;
	}
	return true;
}

static bool write_table(struct top *t)
{
	make_table(t);
	order(t, t->most);
	if (LH_OPTION(t->settings, top_json).number)
		lh_top_json(&t->table, &t->page, t->most, stdout);
	else
		lh_top_text(&t->table, &t->page, t->most, stdout);
	return fflush(stdout) == 0 && !ferror(stdout);
}

static int write_tables(struct top *t)
{
	for (uint64_t i = 0; i < t->samples; i++) {
		if (i && !pause_between(t))
			return 0;
		if (i && !lh_top_target_sample(&t->target)) {
			print_end(t);
			return 0;
		}
		if (!write_table(t)) {
			lh_log("top: cannot write: %s", strerror(errno));
			return LH_STATUS_REPORT_ERROR;
		}
	}
	return 0;
}

/* ---- one profile ---- */

/* Samples the waits for a while, and writes them in a format. */
static int write_profile(struct top *t, const struct lh_format *format)
{
	struct lh_report_options options = lh_settings_report(t->settings);
	struct lh_render_text_style style = lh_settings_style(t->settings);
	struct lh_ledger_file file;
	int rc;

	if (format->binary && isatty(STDOUT_FILENO)) {
		lh_log("top: %s is not for a terminal: redirect it to a file", format->name);
		return LH_STATUS_REPORT_ERROR;
	}
	if (!lh_top_profile(&t->target, (uint64_t)LH_OPTION(t->settings, delay).number, &file)) {
		print_end(t);
		return LH_STATUS_REPORT_ERROR;
	}
	options.symbols = t->symbols;
	options.every_lock = true;
	t->report = lh_report_new(options);
	lh_report_add_file(t->report, &file);
	lh_report_finish(t->report);
	rc = lh_render(format->render, t->report, &style, stdout);
	lh_report_free(t->report);
	t->report = NULL;
	lh_read_close(&file);
	if (rc)
		lh_log("top: cannot write: %s", strerror(rc));
	return rc ? LH_STATUS_REPORT_ERROR : 0;
}

/* ---- live ---- */

static bool draw(struct top *t)
{
	size_t n = 0;
	char *text = NULL;
	FILE *out = open_memstream(&text, &n);
	uint32_t visible;
	bool good;

	if (!out)
		return false;
	lh_screen_size(&t->page.width, &t->page.height);
	visible = lh_top_rows_visible(&t->page);
	order(t, visible < t->most ? visible : t->most);
	lh_top_draw(&t->table, &t->page, out);
	good = fclose(out) == 0 && lh_screen_show(text, n);
	free(text);
	return good;
}

enum next { REDRAW, SAMPLE, QUIT };

static enum next handle_key(struct top *t, char key)
{
	char name[] = {key, 0};

	if (t->page.help) {
		t->page.help = false;
		return key == 'q' ? QUIT : REDRAW;
	}
	if (lh_top_find_key(name, &t->page.key))
		return REDRAW;
	switch (key) {
	case 'q':
		return QUIT;
	case 'r':
		t->page.reverse = !t->page.reverse;
		return REDRAW;
	case 't':
		t->page.totals = !t->page.totals;
		return REDRAW;
	case '?':
		t->page.help = true;
		return REDRAW;
	case ' ':
		return SAMPLE;
	default:
		return REDRAW;
	}
}

/* Handles keys and size changes until the next sample's time. */
static enum next stay(struct top *t, int64_t ms)
{
	struct timespec begin, now;
	char key = 0;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	for (int64_t left = ms;;) {
		switch (lh_screen_wait(left, t->target.end, &key)) {
		case LH_SCREEN_TIME:
			return SAMPLE;
		case LH_SCREEN_END:
			return QUIT;
		case LH_SCREEN_KEY: {
			enum next next = handle_key(t, key);

			if (next != REDRAW)
				return next;
			break;
		}
		default:
			break;
		}
		if (!draw(t))
			return QUIT;
		clock_gettime(CLOCK_MONOTONIC, &now);
		left = ms - (now.tv_sec - begin.tv_sec) * 1000 -
		       (now.tv_nsec - begin.tv_nsec) / 1000000;
	}
}

/* True: the user ended it, or all samples were shown. False: the process cannot be sampled. */
static bool show_all(struct top *t)
{
	for (uint64_t i = 0; i < t->samples; i++) {
		if (i && !lh_top_target_sample(&t->target))
			return false;
		make_table(t);
		if (!draw(t) || stay(t, delay_ms(t)) == QUIT)
			return true;
	}
	return true;
}

static int show(struct top *t)
{
	char error[200];
	bool wanted;

	if (!lh_screen_open(error, sizeof(error))) {
		lh_log("top: %s", error);
		return LH_STATUS_REPORT_ERROR;
	}
	wanted = show_all(t);
	lh_screen_close();
	if (!wanted)
		print_end(t);
	return 0;
}

/* ---- the command ---- */

/* The value of an option that sets a limit; without it there is none. */
static uint64_t limit(const struct lh_value *v)
{
	return v->from ? (uint64_t)v->number : UINT64_MAX;
}

static int top(struct lh_settings *s, char **operand, int operands)
{
	const char *pid = LH_OPTION(s, pid).text;
	static const char *const forms[] = {NULL, "folded", "pprof", "pprof-holder"};
	const char *form = forms[LH_OPTION(s, top_format).number];
	const struct lh_format *format = form ? lh_render_find(form) : NULL;
	bool batch = LH_OPTION(s, batch).number;
	uint64_t rows = limit(&LH_OPTION(s, rows));
	struct top t = {.settings = s,
			.samples = limit(&LH_OPTION(s, number)),
			.most = rows < UINT32_MAX ? (uint32_t)rows : UINT32_MAX,
			.page = {.reverse = LH_OPTION(s, reverse).number,
				 .totals = LH_OPTION(s, totals).number}};
	int status = LH_STATUS_REPORT_ERROR;

	if (operands + !!*pid != 1)
		return lh_bad_operands(&lh_cmd_top, "name one process");
	if (LH_OPTION(s, top_json).number && !batch)
		return lh_bad_operands(&lh_cmd_top, "--json needs -b");
	lh_top_find_key(LH_OPTION(s, sort).text, &t.page.key);
	if (lh_top_target_open(&t.target, operands ? *operand : pid)) {
		t.symbols = lh_symbols_new(LH_OPTION(s, debuginfod).number);
		status = format ? write_profile(&t, format) : batch ? write_tables(&t) : show(&t);
		lh_report_free(t.report);
		lh_symbols_free(t.symbols);
	} else {
		print_end(&t);
	}
	lh_top_free(&t.table);
	lh_top_target_close(&t.target);
	if (lh_screen_signal()) {
		signal(lh_screen_signal(), SIG_DFL);
		raise(lh_screen_signal());
	}
	return status;
}

const struct lh_command lh_cmd_top = {
	.name = "top",
	.purpose = "show a live table of the locks of a watched process",
	.synopsis = "[OPTION...] PID|FILE\n"
		    "       The process runs under lockhound or has the library preloaded; FILE is "
		    "the\n"
		    "       ledger of a running process.\n",
	.examples = "  lockhound top $(pidof mariadbd)\n"
		    "  lockhound top -b -n 1 4711                     one table, since the start\n"
		    "  lockhound top -b -n 2 -d 10 --sort=hold 4711   and one of ten seconds\n"
		    "  lockhound top -b --json 4711 | jq -c '.locks[0]'\n"
		    "  lockhound top --format pprof -d 10 4711 > wait.pb.gz\n",
	.notes = "Keys: w wait, h hold, c contended, a acquisitions, l length of the queue, t "
		 "totals,\n"
		 "r reverse, space sample now, ? help, q end.\n",
	.status = "  0 shown, also if the process ended meanwhile; 2 error\n",
	.where = LH_IN_TOP,
	.run = top,
};
