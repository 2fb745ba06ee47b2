/* start.c — starts the program under a monitor, by the options. */
#include "tools/run/start.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "tools/process/proc.h"
#include "tools/run/launch.h"
#include "tools/util/log.h"

extern char **environ;

enum { OPTIONS_MAX = 8192, OPTION_RUN_MAX = 200, ERROR_TEXT_MAX = PATH_MAX + 400 };

static enum lh_start_error refuse(const char *subject, const char *error)
{
	lh_log("%s%s%s", subject, *subject ? ": " : "", error);
	return LH_START_ERROR;
}

enum lh_start_error lh_start_inspect(struct lh_start *s)
{
	static const enum lh_start_error error[] = {
		[LH_WATCHABLE] = LH_START_GOOD,
		[LH_NOT_FOUND] = LH_START_NOT_FOUND,
		[LH_NOT_RUNNABLE] = LH_START_NOT_RUNNABLE,
		[LH_UNREACHABLE] = LH_START_ERROR,
	};
	const char *obstacle = lh_proc_obstacle();
	if (obstacle)
		return refuse("", obstacle);
	lh_program_check(&s->target, s->argv[0]);
	if (error[s->target.verdict])
		lh_log("%s", s->target.error);
	return error[s->target.verdict];
}

enum lh_start_error lh_start_find_library(struct lh_start *s)
{
	char error[ERROR_TEXT_MAX];
	if (!lh_preload_find(&s->preload, error, sizeof(error)))
		return refuse("", error);
	s->preload.itt = LH_OPTION(s->settings, itt).number;
	return LH_START_GOOD;
}

/* ---- the monitor ---- */

/*
 * The monitor checks each lock's hold against that lock's limit. The library measures from the
 * lowest of all limits on, so that the end of every long hold is reported exactly.
 */
static void set_up_watch(struct lh_settings *s, struct lh_watch_options *w)
{
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

void lh_start_set_up(const struct lh_start *start, struct lh_monitor *m, FILE *log)
{
	struct lh_settings *s = start->settings;
	m->style = lh_settings_style(s);
	m->report_options = lh_settings_report(s);
	m->style.width = lh_render_text_width(log);
	m->style.color = lh_render_text_color(LH_OPTION(s, color).text, log);
	m->timeout_ns = (uint64_t)LH_OPTION(s, timeout).number;
	m->lost_ns = (uint64_t)LH_OPTION(s, lost_signal).number;
	m->wait = LH_OPTION(s, wait).number;
	m->quiet = LH_OPTION(s, quiet).number;
	m->project = start->project;
	m->on_deadlock = (enum lh_on_deadlock)LH_OPTION(s, on_deadlock).number;
	m->grace_ns = (uint64_t)LH_OPTION(s, deadlock_grace).number;
	m->unwatched.only = LH_OPTION(s, only).text;
	m->unwatched.skip = LH_OPTION(s, skip).text;
	set_up_watch(s, &m->watch_for);
}

/* ---- the start ---- */

/* The program's environment: the library, its options, and the path of the run file. */
static char **environment(struct lh_start *s, const struct lh_monitor *m)
{
	char options[OPTIONS_MAX];
	strcpy(options, "run=");
	lh_reach_option(&m->reach, options + strlen(options), OPTION_RUN_MAX);
	size_t n = strlen(options);
	char *remaining = options + n;
	struct lh_settings settings = *s->settings;
	if (s->project->lock_api.path) /* it is in the run file */
		LH_OPTION(&settings, lock_api) = (struct lh_value){0, "", LH_FROM_DEFAULT};
	if (!lh_settings_for_library(&settings, remaining + 1, sizeof(options) - n - 1)) {
		refuse("LOCKHOUND_OPTIONS", "the options are too long for the environment");
		return NULL;
	}
	*remaining = remaining[1] ? ':' : '\0';
	char **variables = lh_preload_environment(&s->preload, environ, options, s->target.asan);
	if (!variables)
		refuse("environment", strerror(ENOMEM));
	return variables;
}

/* The library reads the rows in the run file, which every process of the run has. */
static void send_lock_api(struct lh_start *s, struct lh_run_header *header)
{
	if (!s->project->lock_api.path)
		return;
	strcpy(header->api, s->project->lock_api.text);
	s->project->lock_api_result = header->api_result;
}

static enum lh_start_error error_of(int exec_error)
{
	return exec_error == ENOENT                           ? LH_START_NOT_FOUND
	       : exec_error == EAGAIN || exec_error == ENOMEM ? LH_START_ERROR
							      : LH_START_NOT_RUNNABLE;
}

enum lh_start_error lh_start_program(struct lh_start *s, struct lh_monitor *m,
				     const struct lh_plan *plan, const int *standard, pid_t *pid)
{
	char text[ERROR_TEXT_MAX];
	int error;
	lh_launch_prepare();
	if (!lh_monitor_open(m, text, sizeof(text)))
		return refuse("", text);
	send_lock_api(s, m->run.file.header);
	if (plan)
		m->run.file.header->plan = *plan;
	char **variables = environment(s, m);
	if (!variables)
		return LH_START_ERROR;
	*pid = lh_launch(s->target.path, s->argv, variables, standard, &error);
	lh_preload_free_environment(variables, environ);
	if (*pid)
		return LH_START_GOOD;
	lh_log("%s: %s", s->argv[0], strerror(error));
	return error_of(error);
}
