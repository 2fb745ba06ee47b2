/* confirm.c — lockhound confirm: makes predicted deadlocks happen, or tells why they cannot. */
#include "tools/cmd/run.h"

static int confirm(struct lh_settings *settings, char **argv, int arguments)
{
	return lh_run_command(&lh_cmd_confirm, settings, argv, arguments);
}

const struct lh_command lh_cmd_confirm = {
	.name = "confirm",
	.purpose = "run a program again and again to make its predicted deadlocks happen, or to "
		   "refute them",
	.synopsis = "[OPTION...] [--] PROGRAM [ARGUMENT...]\n",
	.examples =
		"  lockhound confirm ./app               a first run predicts; attempts follow\n"
		"  lockhound confirm --id=098c1baf36ee3685 --runs=30 ./app\n"
		"  lockhound confirm --from=app.lh --budget=5m -- ./app --port 80\n",
	.notes =
		"The first run is as under 'lockhound check'. In the attempts standard input is "
		"empty and the\n"
		"output is not shown; each attempt runs the program as a whole, with its files and "
		"ports.\n",
	.status = "  66 a deadlock was confirmed, is open or was not reached, or the first run has "
		  "another error;\n"
		  "  0 no predictions, or all are contradicted; 125 lockhound cannot watch the "
		  "program, or bad\n"
		  "  usage; 126 not executable; 127 not found; otherwise that of the first run, as "
		  "in check\n",
	.where = LH_IN_CONFIRM,
	.run = confirm,
};
