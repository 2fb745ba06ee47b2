/* hang.c — lockhound hang: reports who waits for whom in a process that hangs, or in its core. */
#include "tools/process/libc_version.h"
#include "tools/cmd/commands.h"
#include "tools/hang/text.h"
#include "tools/util/output_file.h"
#include "tools/util/log.h"
#include "tools/symbols/symbols.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct request {
	const char *core, *pid, *color, *json_file;
	bool json, all, source, debuginfod;
};

enum { PID = 'p', ALL = 'a', HELP = 'h', CORE = 256, JSON, COLOR, NO_SOURCE, DEBUGINFOD };
enum { NO_DEADLOCK, DEADLOCK };

static const struct option options[] = {
	{"pid", required_argument, NULL, PID},
	{"core", required_argument, NULL, CORE},
	{"json", optional_argument, NULL, JSON},
	{"all", no_argument, NULL, ALL},
	{"color", required_argument, NULL, COLOR},
	{"no-source", no_argument, NULL, NO_SOURCE},
	{"debuginfod", no_argument, NULL, DEBUGINFOD},
	{"help", no_argument, NULL, HELP},
	{NULL, 0, NULL, 0},
};

static void help(void)
{
	puts("lockhound hang: show which threads hold locks, which threads wait, and which are "
	     "deadlocked\n\n"
	     "Usage: lockhound hang [OPTION...] PID        (or: lockhound -p PID)\n"
	     "       lockhound hang [OPTION...] --core FILE\n\n"
	     "The process need not run under lockhound. If it does, the report also shows readers, "
	     "holders\n"
	     "of semaphores, stacks of acquisitions and times.\n\n"
	     "Examples:\n"
	     "  lockhound -p $(pidof app)\n"
	     "  lockhound hang --json 4711 | jq '.findings[].message'\n"
	     "  lockhound hang --core core.4711\n\n"
	     "Options:\n"
	     "  -p, --pid=PID         the process; a thread id stands for its process\n"
	     "      --core=FILE       a core dump, from the kernel or from gcore\n"
	     "  -a, --all             also show every other thread with its stack\n"
	     "      --json[=FILE]     JSON to standard output instead of text, or also to FILE\n"
	     "      --color=WHEN      auto, always or never\n"
	     "      --no-source       no source lines\n"
	     "      --debuginfod      ask the servers in DEBUGINFOD_URLS for missing debug "
	     "information\n"
	     "  -h, --help            this\n\n"
	     "Status: 0 no deadlock, 1 deadlock, 2 error");
}

/* ---- options ---- */

static bool set(struct request *r, int option)
{
	switch (option) {
	case PID:
		r->pid = optarg;
		return true;
	case CORE:
		r->core = optarg;
		return true;
	case JSON:
		r->json = !optarg;
		r->json_file = optarg;
		return true;
	case ALL:
		return r->all = true;
	case COLOR:
		r->color = optarg;
		if (!lh_render_text_color_known(optarg))
			lh_log("hang: --color '%s' is not known; accepted: auto, always, never",
			       optarg);
		return lh_render_text_color_known(optarg);
	case NO_SOURCE:
		r->source = false;
		return true;
	case DEBUGINFOD:
		return r->debuginfod = true;
	default:
		return false;
	}
}

/* -1: continue */
static int read_options(struct request *r, int argc, char **argv)
{
	int option;

	opterr = 0;
	optind = 0;
	while ((option = getopt_long(argc, argv, ":p:ah", options, NULL)) != -1) {
		if (option == HELP) {
			help();
			return 0;
		}
		if (option == '?')
			lh_log("hang: option '%s' is not known; see 'lockhound hang --help'",
			       argv[optind - 1]);
		else if (option == ':')
			lh_log("hang: option '%s' needs a value; see 'lockhound hang --help'",
			       argv[optind - 1]);
		if (!set(r, option))
			return LH_STATUS_REPORT_ERROR;
	}
	if (!r->pid && !r->core && optind < argc)
		r->pid = argv[optind++];
	if (optind == argc && !r->pid != !r->core)
		return -1;
	lh_log("hang: name one process or one core dump; see 'lockhound hang --help'");
	return LH_STATUS_REPORT_ERROR;
}

static bool read_pid(const char *text, pid_t *pid)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(text, &end, 10);
	*pid = (pid_t)n;
	if (end != text && !*end && !errno && n > 0 && n <= INT_MAX)
		return true;
	lh_log("hang: '%s' is not a process id", text);
	return false;
}

static bool open_target(const struct request *r, struct lh_peek *p)
{
	pid_t pid;

	memset(p, 0, sizeof(*p));
	if (r->core)
		return lh_peek_open_core(p, r->core);
	if (!read_pid(r->pid, &pid))
		return false;
	if (pid == getpid()) {
		lh_log("process %d is this command itself", pid);
		return false;
	}
	return lh_peek_open(p, pid);
}

/* ---- the report ---- */

static const char *fill_in(struct lh_arena *arena, const struct lh_report *report,
			   const struct lh_report_finding *f, const char *text)
{
	const struct lh_report_step *last = f->steps ? &f->step[f->steps - 1] : NULL;
	const char *placeholder = strstr(text, "{who}"), *lock;

	if (!placeholder || !last)
		return text;
	text = lh_arena_printf(arena, "%.*s%s%s", (int)(placeholder - text), text,
			       lh_report_thread_text(report, last->thread),
			       placeholder + strlen("{who}"));
	lock = strstr(text, "{lock}");
	return lock ? lh_arena_printf(arena, "%.*s%s%s", (int)(lock - text), text,
				      lh_report_lock_text(report, last->lock),
				      lock + strlen("{lock}"))
		    : text;
}

/* These threads form no known cycle, so the text must not mention one. */
static void reword(struct lh_report_finding *f, bool library)
{
	if (f->rule != LH_RULE_DEADLOCK)
		return;
	f->title = "threads wait forever";
	f->meaning = "No visible thread can wake any of these threads.";
	f->help = library ? "Find the thread that should have posted, signalled or arrived, and "
			    "did not."
			  : "Semaphores and conditions record no holders: start the program under "
			    "'lockhound run' and run hang again.";
}

static void add_findings(struct lh_hang *h, struct lh_report *report,
			 const struct lh_ledger_view *ledger)
{
	lh_report_add_ledger(report, ledger);
	for (uint32_t i = 0; i < h->messages; i++) {
		struct lh_report_finding *f = lh_report_add_row(report, ledger, i + 1, NULL);

		if (!f || !h->message[i])
			continue;
		f->message = fill_in(h->arena, report, f, h->message[i]);
		reword(f, h->ledger != NULL);
	}
}

/* Waits on locks whose bytes could not be read: no claim about them is possible. */
static uint32_t unread(const struct lh_hang *h)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < h->threads; i++)
		n += h->thread[i].waiting && h->thread[i].wait.unread && !h->thread[i].n_blockers;
	return n;
}

/* Runtimes with locks that are not visible here, and the tool that shows them. */
static void add_runtimes(const struct lh_hang *h, struct lh_report *report)
{
	static const struct {
		const char *part, *note;
		bool always; /* also if the library is loaded */
	} known[] = {
		{"/libjvm.so",
		 "a Java VM: only locks of native code are visible here; jstack shows monitors and "
		 "java.util.concurrent",
		 true},
		{"/libcoreclr.so",
		 "a .NET runtime: only locks of native code are visible here; dotnet-stack shows "
		 "its monitors",
		 true},
		{"/libQt5Core.so", "Qt: QMutex and similar Qt locks are not visible here", true},
		{"/libQt6Core.so", "Qt: QMutex and similar Qt locks are not visible here", true},
		{"python3",
		 "a Python interpreter: owners of its locks and Python's lines are visible only "
		 "under 'lockhound run'",
		 false},
	};

	for (size_t k = 0; k < sizeof(known) / sizeof(*known); k++)
		for (uint32_t i = 0; i < h->peek->modules; i++) {
			const char *at = strstr(h->peek->module[i].path, known[k].part);

			if (at && !strchr(at + 1, '/') && (known[k].always || !h->ledger)) {
				lh_report_note(report, "%s", known[k].note);
				break;
			}
		}
}

static void add_notes(const struct lh_hang *h, struct lh_report *report)
{
	const struct lh_peek *p = h->peek;
	uint32_t blanks = unread(h);

	if (blanks)
		lh_report_note(report,
			       "what %u thread%s for could not be read: the result is incomplete",
			       blanks, blanks == 1 ? " waits" : "s wait");

	add_runtimes(h, report);
	if (p->stopped)
		lh_report_note(report, "process %d is stopped by a signal; SIGCONT continues it",
			       p->pid);
	if (h->idle)
		lh_report_note(report, "every thread waits, and no thread can wake another; only a "
				       "signal handler could");
	if (p->cut)
		lh_report_note(report, "%s", p->cut);
	if (p->starved)
		lh_report_note(report,
			       "%u thread%s ready to run but got no processor for %d seconds: run "
			       "hang again later",
			       p->starved, p->starved == 1 ? " is" : "s are", LH_HANG_STARVED_S);
	if (p->tracer)
		lh_report_note(report,
			       "process %d is traced by process %d: its registers cannot be read, "
			       "so stacks may be short",
			       p->pid, p->tracer);
	if (p->no_access && h->ledger)
		lh_report_note(report, "only the library's ledger could be read: %s", p->error);
}

static bool write_json(const struct request *r, const struct lh_report *report, pid_t pid,
		       const char *exe)
{
	struct lh_render_text_style none = {0};
	struct lh_output out;
	char error[4400];
	int rc;

	if (!lh_output_open(&out, r->json_file, error, sizeof(error))) {
		lh_log("%s", error);
		return false;
	}
	rc = lh_render_json(report, &none, out.file);
	if (rc)
		lh_output_drop(&out);
	else
		rc = lh_output_finish(&out, pid, exe);
	if (rc)
		lh_log("%s: cannot write: %s", r->json_file, strerror(rc));
	return rc == 0;
}

static int show(const struct request *r, struct lh_hang *h)
{
	struct lh_render_text_style style = {.source = r->source, .filtered = r->all};
	struct lh_symbols *symbols = lh_symbols_new(r->debuginfod);
	struct lh_report *report = lh_report_new((struct lh_report_options){.symbols = symbols});
	struct lh_ledger_view ledger;
	int status = lh_hang_find(h) ? DEADLOCK : NO_DEADLOCK;
	bool good = lh_snapshot_view(&h->snapshot, &ledger);

	add_findings(h, report, &ledger);
	add_notes(h, report);
	lh_report_finish(report);
	style.color = lh_render_text_color(r->color, stdout);
	if (r->json)
		good &= lh_render_json(report, &style, stdout) == 0;
	else
		lh_hang_text(h, report, &ledger, &style, stdout);
	if (r->json_file)
		good &= write_json(r, report, h->peek->pid, h->peek->exe);
	good &= fflush(stdout) == 0 && !ferror(stdout);
	lh_report_free(report);
	lh_symbols_free(symbols);
	lh_read_drop(&ledger);
	/* With unread waits "no deadlock" is not certain. */
	if (status == NO_DEADLOCK && unread(h))
		return LH_STATUS_REPORT_ERROR;
	return good ? status : LH_STATUS_REPORT_ERROR;
}

int lh_cmd_hang(int argc, char **argv)
{
	struct request r = {.source = true};
	int status = read_options(&r, argc, argv);
	struct lh_hang h = {0};
	struct lh_peek p;

	if (status >= 0)
		return status;
	status = LH_STATUS_REPORT_ERROR;
	if (open_target(&r, &p)) {
		lh_peek_objects(&p);
		if (lh_libc_layout_known(&p) && lh_hang_inspect(&h, &p, NULL, r.all) &&
		    lh_hang_merge_processes(&h) != UINT32_MAX)
			status = show(&r, &h);
	}
	if (status == LH_STATUS_REPORT_ERROR && p.error[0])
		lh_log("%s",
		       p.cut ? lh_arena_printf(p.arena, "%s; the missing part is needed", p.cut)
			     : p.error);
	lh_hang_drop_processes(&h);
	lh_hang_close(&h);
	lh_peek_close(&p);
	return status;
}
