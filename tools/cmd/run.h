/*
 * run.h — run, check and confirm: start the program, watch it, report. They differ in what a
 * finding does to the exit status, and in whether predictions are tried.
 */
#ifndef LH_CMD_RUN_H
#define LH_CMD_RUN_H

#include "tools/cmd/commands.h"

/* Returns the exit status. */
int lh_run_command(const struct lh_command *, struct lh_settings *, char **argv, int arguments);

#endif
