/*
 * run.c — lockhound run, check and confirm: start the program with the library, report, try the
 * predictions, set the exit status.
 */
#include "tools/cmd/run.h"
#include "tools/cmd/load_runs.h"
#include "tools/cmd/try_predictions.h"
#include "tools/cmd/until.h"
#include "tools/confirm/predictions.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/run/files.h"
#include "tools/run/launch.h"
#include "tools/run/start.h"
#include "tools/util/escape.h"
#include "tools/util/time.h"

struct run {
	const struct lh_command *command;
	struct lh_settings *settings;
	struct lh_start start;
	struct lh_files files;
	struct lh_project project;
	struct lh_monitor monitor;
	struct lh_report *report;
	struct lh_ledger_file file;
	struct lh_loaded_runs recorded; /* confirm --from: instead of a first run */
	struct lh_session session;
	struct lh_until until;
	uint64_t run_ns; /* how long the first run took */
	int problem;     /* our own error status, 0 none */
};

static bool is_good(struct run *r, enum lh_start_error e)
{
	static const int status[] = {
		[LH_START_GOOD] = 0,
		[LH_START_ERROR] = LH_STATUS_ERROR,
		[LH_START_NOT_RUNNABLE] = LH_STATUS_NOT_RUNNABLE,
		[LH_START_NOT_FOUND] = LH_STATUS_NOT_FOUND,
	};
	r->problem = status[e];
	return e == LH_START_GOOD;
}

static void set_up_monitor(struct run *r)
{
	struct lh_monitor *m = &r->monitor;
	lh_start_set_up(&r->start, m, r->files.log ? r->files.log : stderr);
	m->style.brief &= !r->files.log;
	m->limit_expected = r->command->where & LH_IN_CONFIRM;
	m->predictions_later = lh_try_is_wanted(r->command, r->settings);
	m->style.only_happened |= *LH_OPTION(r->settings, replay).text != '\0';
	if (m->on_deadlock == LH_ON_AUTO)
		m->on_deadlock = r->command->where & LH_IN_RUN ? LH_ON_REPORT : LH_ON_EXIT;
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
	if (r->recorded.report)
		return 0;
	return __atomic_load_n(&r->monitor.run.file.header->no_room, __ATOMIC_RELAXED);
}

/* Processes that were found without the library, and those in which it got no ledger. */
static uint32_t not_watched(const struct run *r)
{
	if (r->recorded.report)
		return 0;
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
	if (*r->start.target.note)
		lh_report_note(r->report, "%s: %s", r->start.target.loaded, r->start.target.note);
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

static struct lh_report_options report_options(const struct run *r)
{
	const struct lh_settings *s = r->settings;
	struct lh_report_options options = lh_settings_report(s);

	options.symbols = r->monitor.symbols;
	options.every_lock = s->outputs > 0;
	options.by_class = LH_OPTION(s, by_class).number;
	options.filtered = LH_OPTION(s, show_filtered).number;
	for (int i = 0; i < s->outputs; i++)
		options.orders |= lh_render_formats[s->output[i].format].orders;
	return options;
}

static void make_report(struct run *r)
{
	char store[40];
	snprintf(store, sizeof(store), "/proc/self/fd/%d", r->monitor.run.store);
	struct lh_report_options options = report_options(r);

	lh_project_attach(&r->project, &options);
	r->report = lh_report_new(options);
	if (r->monitor.run.n && lh_read_open(&r->file, store))
		lh_report_add_file(r->report, &r->file);
	add_notes(r);
	lh_loaded_runs_finish(r->report, options, &r->project);
}

/* --update-baseline, --add-to-baseline. */
static void update_baseline(struct run *r)
{
	if (r->recorded.report)
		return;
	if (r->monitor.timed_out || r->monitor.ended_by_us || WIFSIGNALED(r->monitor.status))
		lh_project_cut_short(&r->project);
	if (!lh_project_update(&r->project, r->report))
		r->problem = LH_STATUS_ERROR;
}

/* ---- predictions ---- */

static void try_predictions(struct run *r)
{
	const struct lh_monitor *m = &r->monitor;
	if (!lh_try_is_wanted(r->command, r->settings) || m->interrupted)
		return;
	if (m->timed_out && r->command->where & LH_IN_CHECK) {
		lh_log("--confirm: no attempt is made after --timeout");
		return;
	}
	int status = r->recorded.report || m->ended_by_us ? -1 : m->status;
	if (!lh_try_predictions(&r->session, r->command, &r->start, r->report, r->run_ns, status) ||
	    r->session.failed)
		r->problem = LH_STATUS_ERROR;
}

static bool was_printed(const struct lh_report *reported, const struct lh_report_finding *f)
{
	for (uint32_t i = 0; reported && i < reported->findings; i++)
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
	struct lh_files_content of = {r->report, run->store, r->monitor.program,
				      r->start.target.path};
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

/* The findings that fail the check; with --id only those that it names. */
static uint32_t failing(const struct run *r)
{
	const char *ids = LH_OPTION(r->settings, id).text;
	uint32_t n = 0;
	for (uint32_t i = 0; i < r->report->findings; i++) {
		const struct lh_report_finding *f = r->report->finding[i];
		n += lh_report_fails(f, r->monitor.style.least, r->monitor.style.only_happened) &&
		     (!*ids || lh_predictions_are_named(ids, f));
	}
	return n;
}

/* In the order in which a reader of the status needs to know. A time limit is how confirm ends a
 * program that does not end by itself. */
static int check_status(struct run *r)
{
	const struct lh_settings *s = r->settings;
	const struct lh_monitor *m = &r->monitor;
	uint32_t seen = watched(r->report);
	if (m->timed_out && r->command->where & LH_IN_CHECK)
		return LH_STATUS_TIMEOUT;
	if (r->session.interrupted)
		return LH_STATUS_SIGNAL + r->session.interrupted;
	if (WIFSIGNALED(m->status) && !m->ended_by_us)
		return own_status(r);
	if (r->problem)
		return r->problem;
	if (failing(r))
		return LH_STATUS_FINDINGS;
	if (!seen || (LH_OPTION(s, require_all).number && not_watched(r))) {
		lh_log(seen ? "some processes were not watched, and --require-all is set"
		       : no_room(r)
			       ? "nothing was watched, so no result is possible: %s had too little "
				 "address space"
		       : not_watched(r) ? "nothing was watched, so no result is possible"
					: "nothing was watched, so no result is possible; "
					  "'lockhound doctor %s' tells why",
		       r->start.target.path);
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
	if (s->seed_picked && LH_OPTION(s, quiet).number && !lh_until_is_wanted(s))
		/* otherwise the summary has it */
		lh_log("delay seed %s; --shake=%s repeats the delays", LH_OPTION(s, shake).text,
		       LH_OPTION(s, shake).text);
	if (!LH_OPTION(s, verbose).number)
		return;
	lh_log("settings from %s", s->conf ? s->conf : "no lockhound.conf");
	lh_log("library %s", r->start.preload.library);
	lh_log("program %s", r->start.target.path);
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
	uint64_t since = lh_time_now();
	print_setup(r);
	lh_monitor_run(&r->monitor, pid);
	r->run_ns = lh_time_now() - since;
	make_report(r);
	print_processes(r);
}

/* ---- a recorded run ---- */

static bool load(struct run *r)
{
	char *file[] = {(char *)LH_OPTION(r->settings, from).text};
	lh_launch_prepare();
	if (!lh_loaded_runs_open(&r->recorded, file, 1, report_options(r), &r->project, false)) {
		r->problem = LH_STATUS_ERROR;
		return false;
	}
	r->report = r->recorded.report;
	for (uint32_t i = 0; i < r->report->processes; i++)
		if (r->run_ns < r->report->process[i]->ledger->head.end_ns)
			r->run_ns = r->report->process[i]->ledger->head.end_ns;
	return true;
}

/* ---- the command ---- */

static bool prepare(struct run *r, int arguments)
{
	if (!is_good(r, lh_start_inspect(&r->start)))
		return false;
	if (!open_project(r)) {
		r->problem = LH_STATUS_ERROR;
		return false;
	}
	r->project.options.program = program_text(r, r->start.argv, arguments);
	return is_good(r, lh_start_find_library(&r->start));
}

static bool run_program(struct run *r)
{
	pid_t pid;
	set_up_monitor(r);
	if (!is_good(r, lh_start_program(&r->start, &r->monitor, NULL, NULL, &pid)))
		return false;
	if (r->files.log)
		lh_log_redirect(r->files.log);
	watch(r, pid);
	return true;
}

/* Makes the report: of a run of the program, or of a recorded one. */
static bool make_first_run(struct run *r)
{
	if (!lh_files_open(&r->files, r->settings)) {
		r->problem = LH_STATUS_ERROR;
		return false;
	}
	if (!*LH_OPTION(r->settings, from).text)
		return run_program(r);
	set_up_monitor(r);
	if (r->files.log)
		lh_log_redirect(r->files.log);
	return load(r);
}

static void close_run(struct run *r)
{
	lh_report_free(r->report);
	lh_session_close(&r->session);
	lh_read_close(&r->file);
	lh_monitor_close(&r->monitor);
}

/* ---- --until ---- */

static bool is_uneventful(const struct run *r)
{
	const struct lh_monitor *m = &r->monitor;
	return !r->problem && !m->status && !m->timed_out && !m->interrupted && !failing(r) &&
	       acquisitions(r->report);
}

/* Runs the program again until something happens or it was run often enough. */
static bool run_again(struct run *r)
{
	while (is_uneventful(r) && lh_until_again(&r->until)) {
		close_run(r);
		r->monitor = (struct lh_monitor){0};
		r->file = (struct lh_ledger_file){0};
		if (!run_program(r))
			return false;
	}
	return true;
}

/* What ended the search; NULL: nothing did. */
static const char *last_event(const struct run *r)
{
	return is_uneventful(r)         ? NULL
	       : failing(r)             ? "has a new finding"
	       : r->monitor.interrupted ? "was interrupted"
					: "failed";
}

/* What repeats the last run. */
static const char *command_again(const struct run *r)
{
	struct lh_arena *arena = r->project.arena;
	return lh_arena_printf(arena, "lockhound %s%s -- %s", r->command->name,
			       lh_settings_repeat(r->settings, arena), r->project.options.program);
}

/* Makes the report of the last run. */
static bool make_runs(struct run *r)
{
	if (!lh_until_is_wanted(r->settings))
		return make_first_run(r);
	lh_until_begin(&r->until, r->settings);
	return make_first_run(r) && run_again(r);
}

static void close_all(struct run *r)
{
	if (r->recorded.report) {
		lh_session_close(&r->session);
		lh_loaded_runs_close(&r->recorded);
	} else {
		close_run(r);
	}
	lh_project_close(&r->project);
}

static int finish(struct run *r)
{
	const char *event = last_event(r); /* before its findings are in the baseline */
	update_baseline(r);
	try_predictions(r);
	print_remaining(r);
	if (lh_until_is_wanted(r->settings))
		lh_until_end(&r->until, event, command_again(r));
	save_results(r);
	if (!r->monitor.still_running)
		lh_preload_cleanup(&r->start.preload);
	int result = r->command->where & LH_IN_RUN ? run_status(r) : check_status(r);
	if (!lh_files_close_log(&r->files, r->settings))
		r->problem = LH_STATUS_ERROR;
	close_all(r);
	if (r->session.interrupted && result == LH_STATUS_SIGNAL + r->session.interrupted)
		lh_launch_end_by_signal(r->session.interrupted);
	if (WIFSIGNALED(r->monitor.status) && result == own_status(r))
		lh_launch_end_by_signal(WTERMSIG(r->monitor.status));
	return r->problem && !result ? r->problem : result;
}

int lh_run_command(const struct lh_command *command, struct lh_settings *settings, char **argv,
		   int arguments)
{
	static struct run state;
	struct run *r = &state;
	if (!arguments)
		return lh_bad_operands(command, "the program is missing");
	r->command = command;
	r->settings = settings;
	r->start = (struct lh_start){.settings = settings, .project = &r->project, .argv = argv};
	if (!lh_try_options_are_good(command, settings) ||
	    !lh_until_options_are_good(command, settings))
		return LH_STATUS_ERROR;
	if (!prepare(r, arguments))
		return r->problem;
	if (make_runs(r))
		return finish(r);
	lh_files_drop(&r->files);
	lh_preload_cleanup(&r->start.preload);
	return r->problem;
}

static int run(struct lh_settings *settings, char **argv, int arguments)
{
	return lh_run_command(&lh_cmd_run, settings, argv, arguments);
}

static int check(struct lh_settings *settings, char **argv, int arguments)
{
	return lh_run_command(&lh_cmd_check, settings, argv, arguments);
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
