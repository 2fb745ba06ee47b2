/* top.c — lockhound top: the locks of a watched process, live or for scripts. */
#include "tools/cmd/commands.h"
#include "tools/util/escape.h"
#include "tools/util/log.h"
#include "tools/top/screen.h"
#include "tools/symbols/symbols.h"
#include "tools/top/top.h"
#include "tools/top/target.h"

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { SORT = 's', REVERSE = 'r', BATCH = 'b', COUNT = 'n', DELAY = 'd', PID = 'p', HELP = 'h' };
enum { JSON = 256, ROWS, TOTALS, DEBUGINFOD };

#define DELAY_LEAST 0.05
#define DELAY_MOST 86400.0

struct top {
	const char *name; /* the process's pid or file, as given */
	bool batch, json, debuginfod;
	unsigned long samples, most;
	struct lh_top_page page;
	struct lh_top table;
	struct lh_top_target target;
	struct lh_report *report;
	struct lh_symbols *symbols;
};

static const struct option options[] = {
	{"batch", no_argument, NULL, BATCH},       {"number", required_argument, NULL, COUNT},
	{"delay", required_argument, NULL, DELAY}, {"sort", required_argument, NULL, SORT},
	{"reverse", no_argument, NULL, REVERSE},   {"totals", no_argument, NULL, TOTALS},
	{"rows", required_argument, NULL, ROWS},   {"json", no_argument, NULL, JSON},
	{"pid", required_argument, NULL, PID},     {"debuginfod", no_argument, NULL, DEBUGINFOD},
	{"help", no_argument, NULL, HELP},         {NULL, 0, NULL, 0},
};

static void help(void)
{
	puts("lockhound top: a live table of the locks of a watched process\n\n"
	     "Usage: lockhound top [OPTION...] PID|FILE\n"
	     "       The process runs under lockhound or has the library preloaded; FILE is the\n"
	     "       ledger of a running process.\n\n"
	     "Examples:\n"
	     "  lockhound top $(pidof mariadbd)\n"
	     "  lockhound top -b -n 1 4711                     one table, since the start\n"
	     "  lockhound top -b -n 2 -d 10 --sort=hold 4711   and one of ten seconds\n"
	     "  lockhound top -b --json 4711 | jq -c '.locks[0]'\n\n"
	     "Options:\n"
	     "  -b, --batch           plain text in stable columns, no keys\n"
	     "  -n, --number=N        end after N samples\n"
	     "  -d, --delay=SECONDS   between two samples, 0.05 to 86400; default 1\n"
	     "  -s, --sort=KEY        wait, hold, contended, taken or queue (letters: w h c a l)\n"
	     "  -r, --reverse         smallest value first\n"
	     "      --totals          sort by the totals since the start, not by the last "
	     "interval\n"
	     "      --rows=N          at most N locks\n"
	     "      --json            with -b: one JSON object on a line for each sample\n"
	     "  -p, --pid=PID         same as PID\n"
	     "      --debuginfod      ask the servers in DEBUGINFOD_URLS for missing debug "
	     "information\n"
	     "  -h, --help            this\n\n"
	     "Keys: w wait, h hold, c contended, a acquisitions, l length of the queue, t totals,\n"
	     "r reverse, space sample now, ? help, q end.\n\n"
	     "Status: 0 shown, also if the process ended meanwhile; 2 error");
}

/* ---- options ---- */

static bool read_count(const char *option, const char *text, unsigned long *n)
{
	char *end;

	errno = 0;
	*n = strtoul(text, &end, 10);
	if (end != text && !*end && !errno && *n > 0 && text[0] != '-')
		return true;
	lh_log("top: %s '%s': accepted: a number from 1 on", option, text);
	return false;
}

static bool read_delay(struct top *t, const char *text)
{
	char *end;

	t->page.delay = strtod(text, &end);
	if (end != text && !*end && t->page.delay >= DELAY_LEAST && t->page.delay <= DELAY_MOST)
		return true;
	lh_log("top: --delay '%s': accepted: seconds from 0.05 to 86400", text);
	return false;
}

static bool set(struct top *t, int option)
{
	switch (option) {
	case BATCH:
		return t->batch = true;
	case JSON:
		return t->json = true;
	case DEBUGINFOD:
		return t->debuginfod = true;
	case REVERSE:
		return t->page.reverse = true;
	case TOTALS:
		return t->page.totals = true;
	case COUNT:
		return read_count("--number", optarg, &t->samples);
	case ROWS:
		return read_count("--rows", optarg, &t->most);
	case DELAY:
		return read_delay(t, optarg);
	case PID:
		t->name = optarg;
		return true;
	case SORT:
		if (lh_top_find_key(optarg, &t->page.key))
			return true;
		lh_log("top: --sort '%s' is not known; accepted: wait, hold, contended, taken, "
		       "queue",
		       optarg);
		return false;
	default:
		return false;
	}
}

/* -1: continue */
static int read_options(struct top *t, int argc, char **argv)
{
	int option;

	opterr = 0;
	optind = 0;
	while ((option = getopt_long(argc, argv, ":bn:d:s:rp:h", options, NULL)) != -1) {
		if (option == HELP) {
			help();
			return 0;
		}
		if (option == '?')
			lh_log("top: option '%s' is not known; see 'lockhound top --help'",
			       argv[optind - 1]);
		else if (option == ':')
			lh_log("top: option '%s' needs a value; see 'lockhound top --help'",
			       argv[optind - 1]);
		if (!set(t, option))
			return LH_STATUS_REPORT_ERROR;
	}
	if (!t->name && optind < argc)
		t->name = argv[optind++];
	if (!t->name || optind != argc)
		lh_log("top: name one process; see 'lockhound top --help'");
	else if (t->json && !t->batch)
		lh_log("top: --json needs -b");
	else
		return -1;
	return LH_STATUS_REPORT_ERROR;
}

/* ---- a sample ---- */

/* The report, with its names, is kept as long as the program is the same. */
static void renew_report(struct top *t)
{
	lh_report_free(t->report);
	t->report = lh_report_new((struct lh_report_options){.symbols = t->symbols});
}

static void make_table(struct top *t)
{
	if (t->target.fresh || !t->report)
		renew_report(t);
	lh_top_sample(&t->table, &t->target.ledger, lh_top_target_now(&t->target));
	t->page.pid = t->target.pid;
	t->page.comm = t->target.ledger.head.comm;
}

static uint32_t least(unsigned long a, unsigned long b)
{
	unsigned long n = a < b ? a : b;

	return n < UINT32_MAX ? (uint32_t)n : UINT32_MAX;
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
	return (int64_t)(t->page.delay * 1000);
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
	uint32_t most = least(t->most, UINT32_MAX);

	make_table(t);
	order(t, most);
	if (t->json)
		lh_top_json(&t->table, &t->page, most, stdout);
	else
		lh_top_text(&t->table, &t->page, most, stdout);
	return fflush(stdout) == 0 && !ferror(stdout);
}

static int write_tables(struct top *t)
{
	for (unsigned long i = 0; i < t->samples; i++) {
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

/* ---- live ---- */

static bool draw(struct top *t)
{
	size_t n = 0;
	char *text = NULL;
	FILE *out = open_memstream(&text, &n);
	bool good;

	if (!out)
		return false;
	lh_screen_size(&t->page.width, &t->page.height);
	order(t, least(t->most, lh_top_rows_visible(&t->page)));
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
	for (unsigned long i = 0; i < t->samples; i++) {
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

int lh_cmd_top(int argc, char **argv)
{
	struct top t = {.page.delay = 1, .samples = (unsigned long)-1, .most = (unsigned long)-1};
	int status = read_options(&t, argc, argv);

	if (status >= 0)
		return status;
	status = LH_STATUS_REPORT_ERROR;
	if (lh_top_target_open(&t.target, t.name)) {
		t.symbols = lh_symbols_new(t.debuginfod);
		status = t.batch ? write_tables(&t) : show(&t);
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
