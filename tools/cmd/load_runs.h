/*
 * load_runs.h — recorded runs as one model: what report and its kin begin with.
 *
 * Does not print but to say what cannot be read. All files are read or none: a report that
 * silently lacks one would be believed.
 */
#ifndef LH_CMD_LOAD_RUNS_H
#define LH_CMD_LOAD_RUNS_H

#include <getopt.h>

#include "tools/project/project.h"
#include "tools/render/render.h"

struct lh_loaded_runs {
	struct lh_ledger_file *file;
	int files;
	bool incomplete; /* a file is cut short */
	struct lh_symbols *symbols;
	struct lh_report *report;
};

/* gate: NULL, or what is put to the findings. False: it was said why. Close it in either case. */
bool lh_loaded_runs_open(struct lh_loaded_runs *, char **file, int n, struct lh_report_options,
			 struct lh_project *gate, bool debuginfod);
void lh_loaded_runs_close(struct lh_loaded_runs *);

/*
 * The next option of `command`, as getopt_long gives it; -1: there are no more. '?': it was
 * said what is wrong. The first call of a command has *begun false.
 */
int lh_loaded_runs_option(const char *command, bool *begun, int argc, char **argv,
			  const char *letters, const struct option *options);

/* A list of files with line ends between them, one file longer. Lives as long as we do. */
const char *lh_loaded_runs_join(const char *list, const char *file);

/* Runs `render` into FILE (NULL: stdout), which is there whole or not at all. False: said why. */
bool lh_loaded_runs_write(const char *command, const char *file, const struct lh_report *,
			  struct lh_render_text_style *, lh_renderer *);

#endif
