/* try_predictions.c — sets up and runs the session that tries predictions. */
#include "tools/cmd/try_predictions.h"

#include <string.h>

#include "tools/cmd/commands.h"
#include "tools/confirm/predictions.h"
#include "tools/confirm/replay.h"
#include "tools/util/duration.h"

bool lh_try_is_wanted(const struct lh_command *command, const struct lh_settings *s)
{
	const struct lh_value *confirm = &LH_OPTION(s, confirm);

	return command->where & LH_IN_CONFIRM ||
	       (command->where & LH_IN_CHECK && confirm->from != LH_FROM_DEFAULT &&
		confirm->number);
}

static bool refuse(const char *problem)
{
	lh_log("%s", problem);
	return false;
}

static bool replay_is_good(const struct lh_settings *s)
{
	const char *id = LH_OPTION(s, id).text, *text = LH_OPTION(s, replay).text, *problem;
	struct lh_steer_settings how;
	uint32_t cycle;

	if (!*text)
		return true;
	if (!*id || strchr(id, '\n'))
		return refuse("--replay needs one --id=FINGERPRINT, that of the finding");
	problem = lh_replay_read(text, id, &how, &cycle);
	if (problem)
		lh_log("--replay: bad value '%s'; %s", text, problem);
	return !problem;
}

bool lh_try_options_are_good(const struct lh_command *command, const struct lh_settings *s)
{
	int64_t fail_on = LH_OPTION(s, fail_on).number;

	if (command->where & LH_IN_CHECK && fail_on >= LH_FAIL_ON_CONFIRMED &&
	    !lh_try_is_wanted(command, s)) {
		lh_log("--fail-on=%s needs --confirm",
		       fail_on == LH_FAIL_ON_OPEN ? "open" : "confirmed");
		return false;
	}
	if (!(command->where & LH_IN_CONFIRM))
		return true;
	if (*LH_OPTION(s, from).text && *LH_OPTION(s, output).text)
		return refuse("--output: with --from there is no run to save");
	return lh_predictions_check_ids(LH_OPTION(s, id).text) && replay_is_good(s);
}

/* The options of this command without which the same attempt would not be made. */
static const char *options_to_repeat(const struct lh_start *start)
{
	return lh_settings_repeat(start->settings, start->project->arena);
}

/* A process that is left as it is must be ended by somebody: only if the command says so. */
static enum lh_on_deadlock action_of(const struct lh_command *command, const struct lh_settings *s)
{
	const struct lh_value *v = &LH_OPTION(s, on_deadlock);
	enum lh_on_deadlock action = (enum lh_on_deadlock)v->number;
	bool left =
		action == LH_ON_REPORT && (v->from != LH_FROM_FLAG || command->where & LH_IN_CHECK);

	return action == LH_ON_AUTO || left ? LH_ON_EXIT : action;
}

static const struct lh_value *budget_of(const struct lh_command *command,
					const struct lh_settings *s)
{
	return command->where & LH_IN_CHECK ? &LH_OPTION(s, confirm) : &LH_OPTION(s, budget);
}

static void say_too_short(const struct lh_command *command, const struct lh_session *s)
{
	char run[LH_DURATION_TEXT], budget[LH_DURATION_TEXT];

	lh_log("no attempt was made: a run takes %s, and the budget for all attempts is %s; a "
	       "longer "
	       "one is --%s=TIME",
	       lh_duration_text((double)s->run_ns / 1e9, run),
	       lh_duration_text((double)s->budget_ns / 1e9, budget),
	       command->where & LH_IN_CHECK ? "confirm" : "budget");
}

/* There are errors, and no prediction. */
static bool has_nothing_to_try(const struct lh_report *report)
{
	for (uint32_t i = 0; i < report->findings; i++)
		if (report->finding[i]->proof)
			return false;
	return lh_report_new_findings(report, LH_ERROR) > 0;
}

static void say_result(const struct lh_command *command, const struct lh_session *s)
{
	const struct lh_settings *o = s->start->settings;

	if (s->interrupted)
		lh_log("interrupted: the verdicts are those of %u attempts", s->attempts - 1);
	else if (s->tried && !s->attempts)
		say_too_short(command, s);
	else if (!LH_OPTION(o, quiet).number && has_nothing_to_try(s->report))
		lh_log("no attempt was made: only predictions of the rule lock-order are tried");
	else if (s->attempts && !s->failed && !LH_OPTION(o, quiet).number &&
		 !LH_OPTION(o, verbose).number)
		lh_log("%u attempt%s, whose output is not shown; -v shows it", s->attempts,
		       s->attempts == 1 ? "" : "s");
}

bool lh_try_predictions(struct lh_session *session, const struct lh_command *command,
			struct lh_start *start, struct lh_report *report, uint64_t first_ns,
			int first_status)
{
	const struct lh_settings *s = start->settings;
	struct lh_render_text_style style = lh_settings_style(s);

	*session = (struct lh_session){
		.start = start,
		.report = report,
		.runs = (uint32_t)LH_OPTION(s, runs).number,
		.budget_ns = (uint64_t)budget_of(command, s)->number,
		.run_ns = first_ns,
		.status = first_status,
		.ids = LH_OPTION(s, id).text,
		.replay = LH_OPTION(s, replay).text,
		.repeat = options_to_repeat(start),
		.least = style.least,
		.on_deadlock = action_of(command, s),
	};
	bool good = lh_session_run(session);
	if (good)
		say_result(command, session);
	return good;
}
