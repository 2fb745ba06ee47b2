/*
 * load_runs.h — loads recorded runs as one report, for report and the commands like it.
 *
 * Prints nothing but errors. Reads all files or none: a report that silently lacks one file would
 * be trusted. The caller closes the runs.
 */
#ifndef LH_CMD_LOAD_RUNS_H
#define LH_CMD_LOAD_RUNS_H

#include "tools/project/project.h"
#include "tools/render/render.h"

struct lh_loaded_runs {
	struct lh_ledger_file *file;
	int files;
	/* of all files, each process once; of several files in the order of ledger/order.h */
	const struct lh_ledger_view **ledger;
	uint32_t ledgers;
	bool incomplete; /* a file is cut short */
	struct lh_symbols *symbols;
	struct lh_report *report;
};

/* A regular file that begins as a recorded run does. */
bool lh_is_recorded_run(const char *path);

/*
 * project: applied to the findings, or NULL. False: the error was reported. Close in either case.
 */
bool lh_loaded_runs_open(struct lh_loaded_runs *, char **file, int n, struct lh_report_options,
			 struct lh_project *project, bool debuginfod);
void lh_loaded_runs_close(struct lh_loaded_runs *);

/*
 * Adds the findings that only all processes together show, applies the project (or NULL), and
 * finishes the report.
 */
void lh_loaded_runs_finish(struct lh_report *, struct lh_report_options,
			   struct lh_project *project);

/*
 * Renders into `file` ("": stdout); the file exists completely or not at all. False: the error
 * was reported.
 */
bool lh_loaded_runs_write(const char *command, const char *file, const struct lh_report *,
			  struct lh_render_text_style *, lh_renderer *);

#endif
