/*
 * start.h — starts the program under a monitor, any number of times.
 *
 * Finds out whether the program can be watched, finds the library, makes the program's environment,
 * and sets what the options say about the monitor. Does not wait for the program and does not
 * choose the exit status. Logs each error in one line.
 */
#ifndef LH_RUN_START_H
#define LH_RUN_START_H

#include "tools/project/project.h"
#include "tools/run/monitor.h"
#include "tools/run/preload.h"
#include "tools/run/program_check.h"
#include "tools/settings/settings.h"

enum lh_start_error {
	LH_START_GOOD,
	LH_START_ERROR, /* of lockhound's own, or the program cannot be watched */
	LH_START_NOT_RUNNABLE,
	LH_START_NOT_FOUND
};

struct lh_start {
	struct lh_settings *settings;
	struct lh_project *project; /* has the file of --lock-api */
	char **argv;
	struct lh_program target;
	struct lh_preload preload;
};

/* Can the program be watched? */
enum lh_start_error lh_start_inspect(struct lh_start *);
enum lh_start_error lh_start_find_library(struct lh_start *);
/* Sets what the options say about the monitor; it writes to `log`. */
void lh_start_set_up(const struct lh_start *, struct lh_monitor *, FILE *log);
/*
 * Opens the monitor and starts the program. `plan`: what is steered, NULL: nothing. `standard`: the
 * program's descriptors 0 to 2, NULL: those of this process.
 */
enum lh_start_error lh_start_program(struct lh_start *, struct lh_monitor *,
				     const struct lh_plan *plan, const int *standard, pid_t *pid);

#endif
