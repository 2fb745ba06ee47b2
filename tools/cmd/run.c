/*
 * run.c — lockhound run and check: start the program with the library, report, set the exit status.
 */
#include "tools/cmd/commands.h"
#include "tools/cmd/load_runs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/run/launch.h"
#include "tools/run/monitor.h"
#include "tools/run/files.h"
#include "tools/run/program_check.h"
#include "tools/run/preload.h"
#include "tools/process/proc.h"
#include "tools/util/escape.h"

extern char **environ;

enum { OPTIONS_MAX = 8192, OPTION_RUN_MAX = 200, ERROR_TEXT_MAX = PATH_MAX + 400 };

struct run {
	const struct lh_command *command;
	struct lh_settings *settings;
	struct lh_program target;
	struct lh_preload preload;
	char **environment; /* of the program */
	struct lh_files files;
	struct lh_project project;
	struct lh_monitor monitor;
	struct lh_report *report;
	struct lh_ledger_file file;
	int problem; /* our own error status, 0 none */
	char error[ERROR_TEXT_MAX];
};

static bool refuse(struct run *r, const char *subject, const char *error)
{
	lh_log("%s%s%s", subject, *subject ? ": " : "", error);
	r->problem = LH_STATUS_ERROR;
	return false;
}

static bool inspect(struct run *r, const char *program)
{
	static const int status[] = {
		[LH_WATCHABLE] = 0,
		[LH_NOT_FOUND] = LH_STATUS_NOT_FOUND,
		[LH_NOT_RUNNABLE] = LH_STATUS_NOT_RUNNABLE,
		[LH_UNREACHABLE] = LH_STATUS_ERROR,
	};
	const char *obstacle = lh_proc_obstacle();
	if (obstacle)
		return refuse(r, "", obstacle);
	lh_program_check(&r->target, program);
	r->problem = status[r->target.verdict];
	if (r->problem)
		lh_log("%s", r->target.error);
	return !r->problem;
}

/*
 * The monitor checks each lock's hold against that lock's limit. The library measures from the
 * lowest of all limits on, so that the end of every long hold is reported exactly.
 */
static void set_up_watch(struct run *r)
{
	struct lh_settings *s = r->settings;
	struct lh_watch_options *w = &r->monitor.watch_for;
	struct lh_value *least = &LH_OPTION(s, long_hold);
	w->long_hold_ns = (uint64_t)LH_OPTION(s, long_hold).number;
	w->blocking_ns = (uint64_t)LH_OPTION(s, blocking).number;
	w->verbose = LH_OPTION(s, verbose).number;
	for (int i = 0; i < s->limits; i++) {
		w->lock[w->locks].name = s->limit[i].name;
		w->lock[w->locks++].ns = s->limit[i].ns;
		int64_t ns = (int64_t)s->limit[i].ns;
		if (ns && (ns < least->number || !least->number))
			*least = (struct lh_value){ns, "", LH_FROM_CONF};
	}
}

static void set_up_monitor(struct run *r)
{
	const struct lh_settings *s = r->settings;
	struct lh_monitor *m = &r->monitor;
	m->style = lh_settings_style(s);
	m->report_options = lh_settings_report(s);
	FILE *log = r->files.log ? r->files.log : stderr;
	m->style.brief &= !r->files.log;
	m->style.width = lh_render_text_width(log);
	m->style.color = lh_render_text_color(LH_OPTION(s, color).text, log);
	m->timeout_ns = (uint64_t)LH_OPTION(s, timeout).number;
	m->lost_ns = (uint64_t)LH_OPTION(s, lost_signal).number;
	m->wait = LH_OPTION(s, wait).number;
	m->quiet = LH_OPTION(s, quiet).number;
	m->project = &r->project;
	m->on_deadlock = (enum lh_on_deadlock)LH_OPTION(s, on_deadlock).number;
	m->grace_ns = (uint64_t)LH_OPTION(s, deadlock_grace).number;
	if (m->on_deadlock == LH_ON_AUTO)
		m->on_deadlock = r->command == &lh_cmd_check ? LH_ON_EXIT : LH_ON_REPORT;
	m->unwatched.only = LH_OPTION(s, only).text;
	m->unwatched.skip = LH_OPTION(s, skip).text;
	set_up_watch(r);
}

/* A lockhound.supp in the folder of lockhound.conf needs no option. */
static const char *own_suppressions(const struct run *r)
{
	static char path[PATH_MAX];
	const char *conf = r->settings->conf, *slash = conf ? strrchr(conf, '/') : NULL;
	if (!conf)
		return "";
	snprintf(path, sizeof(path), "%.*slockhound.supp", slash ? (int)(slash - conf) + 1 : 0,
		 conf);
	return access(path, F_OK) ? "" : path;
}

/* Files named in lockhound.conf are relative to its folder, wherever the tests run. */
static const char *named(const struct run *r, enum lh_option o)
{
	const struct lh_value *v = &r->settings->value[o];
	return v->from == LH_FROM_CONF ? lh_project_default_file(r->settings->conf, v->text)
				       : v->text;
}

/* The command line, for a shell. */
static const char *program_text(struct run *r, char **argv, int arguments)
{
	const char *text = "";
	for (int i = 0; i < arguments; i++)
		text = lh_arena_printf(r->project.arena, "%s%s%s", text, *text ? " " : "",
				       lh_shell_quote(r->project.arena, argv[i]));
	return text;
}

static bool open_project(struct run *r)
{
	const struct lh_settings *s = r->settings;
	const char *suppressions = named(r, LH_OPT_suppressions);
	return lh_project_open(
		&r->project,
		(struct lh_project_options){
			.baseline = named(r, LH_OPT_baseline),
			.update = LH_OPTION(s, update_baseline).number,
			.add = LH_OPTION(s, add_to_baseline).number,
			.suppressions = *suppressions ? suppressions : own_suppressions(r),
			.policy = named(r, LH_OPT_policy),
			.lock_api = named(r, LH_OPT_lock_api),
			.strict = LH_OPTION(s, policy_strict).number,
			.verbose = LH_OPTION(s, verbose).number,
		});
}

/* The program's environment: the library, its options, and the path of the run file. */
static char **environment(struct run *r)
{
	char options[OPTIONS_MAX];
	strcpy(options, "run=");
	lh_reach_option(&r->monitor.reach, options + strlen(options), OPTION_RUN_MAX);
	size_t n = strlen(options);
	char *remaining = options + n;
	if (!lh_settings_for_library(r->settings, remaining + 1, sizeof(options) - n - 1)) {
		refuse(r, "LOCKHOUND_OPTIONS", "the options are too long for the environment");
		return NULL;
	}
	*remaining = remaining[1] ? ':' : '\0';
	char **variables = lh_preload_environment(&r->preload, environ, options, r->target.asan);
	if (!variables)
		refuse(r, "environment", strerror(ENOMEM));
	return variables;
}

/* The library reads the rows in the run file, which every process of the run has. */
static void send_lock_api(struct run *r)
{
	struct lh_run_header *header = r->monitor.run.file.header;
	if (!r->project.lock_api.path)
		return;
	strcpy(header->api, r->project.lock_api.text);
	r->project.lock_api_result = header->api_result;
	LH_OPTION(r->settings, lock_api) = (struct lh_value){0, "", LH_FROM_DEFAULT};
}

static bool start(struct run *r, char **argv, pid_t *pid)
{
	int error;
	lh_launch_prepare();
	if (!lh_monitor_open(&r->monitor, r->error, ERROR_TEXT_MAX))
		return refuse(r, "", r->error);
	send_lock_api(r);
	r->environment = environment(r);
	if (!r->environment)
		return false;
	*pid = lh_launch(r->target.path, argv, r->environment, &error);
	if (*pid)
		return true;
	lh_log("%s: %s", argv[0], strerror(error));
	r->problem = error == ENOENT                      ? LH_STATUS_NOT_FOUND
		     : error == EAGAIN || error == ENOMEM ? LH_STATUS_ERROR
							  : LH_STATUS_NOT_RUNNABLE;
	return false;
}

/* Counts processes, not slots: after exec a process continues in another slot, or unwatched. */
static uint32_t watched(const struct lh_report *report)
{
	uint32_t n = 0;
	for (uint32_t i = 0; i < report->processes; i++) {
		const struct lh_ledger *l = &report->process[i]->ledger->head;
		n += l->end != LH_END_EXEC || l->end_code == LH_EXEC_UNWATCHED;
	}
	return n;
}

static uint64_t acquisitions(const struct lh_report *report)
{
	uint64_t n = 0;
	for (uint32_t i = 0; i < report->processes; i++)
		n += report->process[i]->acquired;
	return n;
}

static uint32_t no_room(const struct run *r)
{
	return __atomic_load_n(&r->monitor.run.file.header->no_room, __ATOMIC_RELAXED);
}

/* Processes that were found without the library, and those in which it got no ledger. */
static uint32_t not_watched(const struct run *r)
{
	return r->monitor.unwatched.count + r->monitor.run.file.header->no_slot + no_room(r);
}

static void add_notes(struct run *r)
{
	const struct lh_unwatched *unwatched = &r->monitor.unwatched;
	const struct lh_run_header *header = r->monitor.run.file.header;
	uint32_t seen = watched(r->report), missed = not_watched(r);
	if (missed) {
		lh_report_note(r->report, "%u of %u processes were watched", seen, seen + missed);
		for (uint32_t i = 0; i < unwatched->count && i < LH_UNWATCHED_NAMED; i++)
			lh_report_note(r->report, "not watched: %s", unwatched->name[i]);
	}
	if (*r->target.note)
		lh_report_note(r->report, "%s: %s", r->target.loaded, r->target.note);
	if (header->no_slot)
		lh_report_note(r->report, "%u process%s got no ledger and %s not watched",
			       header->no_slot, header->no_slot == 1 ? "" : "es",
			       header->no_slot == 1 ? "was" : "were");
	if (no_room(r))
		lh_report_note(r->report,
			       "%u process%s not watched: the limit on address space (ulimit -v, "
			       "-d) leaves too little room",
			       no_room(r), no_room(r) == 1 ? " was" : "es were");
	if (r->monitor.still_running)
		lh_report_note(
			r->report,
			"%u processes are still running; their data is from the end of this run",
			r->monitor.still_running);
	if (!seen)
		lh_report_note(r->report,
			       "nothing was watched: the library did not report from any process");
	else if (!acquisitions(r->report))
		lh_report_note(r->report, "no lock operation was seen");
}

static void make_report(struct run *r)
{
	const struct lh_settings *s = r->settings;
	char store[40];
	snprintf(store, sizeof(store), "/proc/self/fd/%d", r->monitor.run.store);
	struct lh_report_options options = lh_settings_report(s);

	options.symbols = r->monitor.symbols;
	options.every_lock = s->outputs > 0;
	options.by_class = LH_OPTION(s, by_class).number;
	options.filtered = LH_OPTION(s, show_filtered).number;
	for (int i = 0; i < s->outputs; i++)
		options.orders |= lh_render_formats[s->output[i].format].orders;
	lh_project_attach(&r->project, &options);
	r->report = lh_report_new(options);
	if (r->monitor.run.n && lh_read_open(&r->file, store))
		lh_report_add_file(r->report, &r->file);
	add_notes(r);
	lh_loaded_runs_finish(r->report, options, &r->project);
	if (r->monitor.timed_out || r->monitor.ended_by_us || WIFSIGNALED(r->monitor.status))
		lh_project_cut_short(&r->project);
	if (!lh_project_update(&r->project, r->report))
		r->problem = LH_STATUS_ERROR;
}

static bool was_printed(const struct lh_report *reported, const struct lh_report_finding *f)
{
	for (uint32_t i = 0; i < reported->findings; i++)
		if (!strcmp(reported->finding[i]->fingerprint, f->fingerprint) &&
		    reported->finding[i]->status == LH_NEW &&
		    lh_report_places(reported->finding[i]) >= lh_report_places(f))
			return true;
	return false;
}

/*
 * Prints findings that only the merged report has, such as a cycle across processes; then the
 * summary.
 */
static void print_remaining(struct run *r)
{
	const struct lh_settings *s = r->settings;
	struct lh_render_text_style style = r->monitor.style;
	char next[PATH_MAX + 40] = "";
	for (uint32_t i = 0; i < r->report->findings; i++)
		if (r->report->finding[i]->status == LH_NEW &&
		    !was_printed(r->monitor.reported, r->report->finding[i]))
			lh_render_text_finding(r->report, r->report->finding[i], style,
					       lh_log_stream());
	if (*LH_OPTION(s, output).text && !strchr(r->files.record.path, '%')) {
		snprintf(next, sizeof(next), "lockhound report %s", LH_OPTION(s, output).text);
		style.next = next;
	}
	/* A single finding stands right above, unless the waits at the time limit follow it. */
	style.errors = r->monitor.timed_out || lh_report_new_findings(r->report, LH_NOTE) > 1;
	if (!LH_OPTION(s, quiet).number)
		lh_render_text_summary(r->report, style, lh_log_stream());
	fflush(lh_log_stream());
}

static int own_status(const struct run *r)
{
	int status = r->monitor.status;
	return WIFSIGNALED(status) ? LH_STATUS_SIGNAL + WTERMSIG(status) : WEXITSTATUS(status);
}

static void save_results(struct run *r)
{
	const struct lh_run *run = &r->monitor.run;
	struct lh_files_content of = {r->report, run->store, r->monitor.program, r->target.path};
	if (run->store_error)
		lh_log("the data of some processes could not be saved: %s",
		       strerror(run->store_error));
	if (!lh_files_write(&r->files, r->settings, &of) || run->store_error)
		r->problem = LH_STATUS_ERROR;
}

/* A full table may have hidden findings, so check fails. (Cut searches are only reported.) */
static bool incomplete(const struct lh_report *report)
{
	uint32_t dropped = 0;
	for (uint32_t i = 0; i < report->processes; i++) {
		const struct lh_report_process *p = report->process[i];
		dropped += p->dropped_locks + p->dropped_chains + p->dropped_events +
			   p->dropped_findings;
	}
	return dropped != 0;
}

static void no_operations(const struct lh_report *report)
{
	uint64_t n = lh_report_futex_waits(report).n;
	char futexes[100] = "";

	if (n)
		snprintf(futexes, sizeof(futexes),
			 ", only %llu futex wait%s on locks that lockhound cannot intercept",
			 (unsigned long long)n, n == 1 ? "" : "s");
	lh_log("no lock operation was seen%s, so no result is possible; --allow-empty accepts "
	       "that",
	       futexes);
}

/* In the order in which a reader of the status needs to know. */
static int check_status(struct run *r)
{
	const struct lh_settings *s = r->settings;
	const struct lh_monitor *m = &r->monitor;
	uint32_t seen = watched(r->report);
	if (m->timed_out)
		return LH_STATUS_TIMEOUT;
	if (WIFSIGNALED(m->status) && !m->ended_by_us)
		return own_status(r);
	if (r->problem)
		return r->problem;
	if (lh_report_new_findings(r->report, m->style.least))
		return LH_STATUS_FINDINGS;
	if (!seen || (LH_OPTION(s, require_all).number && not_watched(r))) {
		lh_log(seen ? "some processes were not watched, and --require-all is set"
		       : no_room(r)
			       ? "nothing was watched, so no result is possible: %s had too little "
				 "address space"
		       : not_watched(r) ? "nothing was watched, so no result is possible"
					: "nothing was watched, so no result is possible; "
					  "'lockhound doctor %s' tells why",
		       r->target.path);
		return LH_STATUS_ERROR;
	}
	if (own_status(r))
		return own_status(r);
	if (incomplete(r->report)) {
		lh_log("the recorded data is incomplete (see 'dropped' above), so findings can be "
		       "missing");
		return LH_STATUS_ERROR;
	}
	if (!acquisitions(r->report) && !LH_OPTION(s, allow_empty).number) {
		no_operations(r->report);
		return LH_STATUS_ERROR;
	}
	return 0;
}

static int run_status(struct run *r)
{
	if (r->monitor.timed_out)
		return LH_STATUS_TIMEOUT;
	if (r->problem)
		return r->problem;
	return own_status(r);
}

/* -v: prints the settings, the library and the program. */
static void print_setup(const struct run *r)
{
	const struct lh_settings *s = r->settings;
	if (s->seed_picked && LH_OPTION(s, quiet).number) /* otherwise the summary has it */
		lh_log("delay seed %s; --shake=%s repeats the delays", LH_OPTION(s, shake).text,
		       LH_OPTION(s, shake).text);
	if (!LH_OPTION(s, verbose).number)
		return;
	lh_log("settings from %s", s->conf ? s->conf : "no lockhound.conf");
	lh_log("library %s", r->preload.library);
	lh_log("program %s", r->target.path);
}

static void print_processes(const struct run *r)
{
	for (uint32_t i = 0; LH_OPTION(r->settings, verbose).number && i < r->report->processes;
	     i++) {
		const struct lh_report_process *p = r->report->process[i];
		lh_log("process %d, child of %d, %s: %s; %llu operations", p->pid, p->parent,
		       p->exe, *p->end ? p->end : "ended, status not known",
		       (unsigned long long)p->acquired);
	}
}

static void watch(struct run *r, pid_t pid)
{
	if (r->files.log)
		lh_log_redirect(r->files.log);
	print_setup(r);
	lh_monitor_run(&r->monitor, pid);
	make_report(r);
	print_processes(r);
	print_remaining(r);
	save_results(r);
	if (!r->monitor.still_running)
		lh_preload_cleanup(&r->preload);
}

static int start_and_watch(const struct lh_command *command, struct lh_settings *settings,
			   char **argv, int arguments)
{
	static struct run state;
	struct run *r = &state;
	pid_t pid;
	if (!arguments)
		return lh_bad_operands(command, "the program is missing");
	r->command = command;
	r->settings = settings;
	if (!inspect(r, argv[0]))
		return r->problem;
	if (!open_project(r))
		return LH_STATUS_ERROR;
	r->project.options.program = program_text(r, argv, arguments);
	if (!lh_preload_find(&r->preload, r->error, ERROR_TEXT_MAX)) {
		refuse(r, "", r->error);
		return r->problem;
	}
	r->preload.itt = LH_OPTION(settings, itt).number;
	bool started = lh_files_open(&r->files, r->settings);
	r->problem = started ? 0 : LH_STATUS_ERROR;
	set_up_monitor(r);
	if (!started || !start(r, argv, &pid)) {
		lh_files_drop(&r->files);
		lh_preload_cleanup(&r->preload);
		return r->problem;
	}
	watch(r, pid);
	int result = command == &lh_cmd_check ? check_status(r) : run_status(r);
	if (!lh_files_close_log(&r->files, r->settings))
		r->problem = LH_STATUS_ERROR;
	lh_report_free(r->report);
	lh_read_close(&r->file);
	lh_monitor_close(&r->monitor);
	lh_project_close(&r->project);
	if (WIFSIGNALED(r->monitor.status) && result == own_status(r))
		lh_launch_end_by_signal(WTERMSIG(r->monitor.status));
	return r->problem && !result ? r->problem : result;
}

static int run(struct lh_settings *settings, char **argv, int arguments)
{
	return start_and_watch(&lh_cmd_run, settings, argv, arguments);
}

static int check(struct lh_settings *settings, char **argv, int arguments)
{
	return start_and_watch(&lh_cmd_check, settings, argv, arguments);
}

const struct lh_command lh_cmd_run = {
	.name = "run",
	.purpose = "run a program and report errors in its locking (the default command)",
	.synopsis = "[OPTION...] [--] PROGRAM [ARGUMENT...]\n",
	.examples = "  lockhound ./app                       findings on stderr at once, a summary "
		    "at the end\n"
		    "  lockhound run -o app.lh ./app --port 80   save the run for 'lockhound "
		    "report app.lh'\n"
		    "  lockhound run --long-hold=20ms --skip='sh,make' -- make test\n",
	.status = "  the program's own (128+n: signal n ended it); 125 lockhound cannot watch it, "
		  "or bad usage;\n"
		  "  126 not executable; 127 not found\n",
	.where = LH_IN_RUN,
	.run = run,
};

const struct lh_command lh_cmd_check = {
	.name = "check",
	.purpose = "like run, as a CI gate: status 66 on findings, 125 if no lock operation was "
		   "seen",
	.synopsis = "[OPTION...] [--] PROGRAM [ARGUMENT...]\n",
	.examples = "  lockhound check ./unit_tests          status 66 on a new finding\n"
		    "  lockhound check --timeout=60s --json=locks.json -- ctest --test-dir build\n"
		    "  git bisect run lockhound check ./test\n",
	.status = "  0 no finding; 66 new findings at or above --fail-on; 124 --timeout; 125 "
		  "nothing was watched,\n"
		  "  or lockhound had an error; 126 not executable; 127 not found; 128+n signal n "
		  "ended the\n"
		  "  program; otherwise the program's own\n",
	.where = LH_IN_CHECK,
	.run = check,
};
