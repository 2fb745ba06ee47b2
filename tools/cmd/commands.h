/* commands.h — the commands, and their exit statuses. */
#ifndef LH_CMD_COMMANDS_H
#define LH_CMD_COMMANDS_H

#include "tools/settings/settings.h"
#include "tools/util/log.h"

extern const struct lh_command lh_cmd_run, lh_cmd_check, lh_cmd_confirm, lh_cmd_report,
	lh_cmd_explain, lh_cmd_doctor, lh_cmd_env, lh_cmd_hang, lh_cmd_top, lh_cmd_diff,
	lh_cmd_merge, lh_cmd_graph, lh_cmd_suppress, lh_cmd_policy;

/* Exit statuses of lockhound itself; see docs/cli.md. */
enum {
	LH_STATUS_FINDINGS = 66,
	LH_STATUS_TIMEOUT = 124,
	LH_STATUS_ERROR = 125,
	LH_STATUS_NOT_RUNNABLE = 126,
	LH_STATUS_NOT_FOUND = 127,
	LH_STATUS_SIGNAL = 128,
	LH_STATUS_REPORT_ERROR = 2, /* of every command but run, check, confirm and env */
};

/* The exit status of bad usage. */
static inline int lh_bad_usage(const struct lh_command *command)
{
	return command->where & LH_IN_LIBRARY ? LH_STATUS_ERROR : LH_STATUS_REPORT_ERROR;
}

/* Reports what is wrong with the operands, and returns the exit status. */
static inline int lh_bad_operands(const struct lh_command *command, const char *problem)
{
	lh_log("%s; see 'lockhound %s --help'", problem, command->name);
	return lh_bad_usage(command);
}

#endif
