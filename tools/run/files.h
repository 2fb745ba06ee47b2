/*
 * files.h — all files that a run writes: the record, the reports, the log.
 *
 * They are opened before the program starts, so that a path that cannot be written is reported
 * before the run. The record and the reports get their names when they are complete. Does not know
 * what is in the files. Logs each file that could not be written, in one line.
 */
#ifndef LH_RUN_FILES_H
#define LH_RUN_FILES_H

#include "tools/report/report.h"
#include "tools/util/output_file.h"
#include "tools/settings/settings.h"

struct lh_files {
	struct lh_output record;                 /* -o */
	struct lh_output report[LH_OUTPUTS_MAX]; /* in the order of settings->output */
	FILE *log; /* written during the run, so that it can be followed */
};

/* The contents of the files, and what their names are expanded from. */
struct lh_files_content {
	const struct lh_report *report;
	int store; /* descriptor of the ledgers, in the saved format */
	pid_t pid;
	const char *program;
};

bool lh_files_open(struct lh_files *f, const struct lh_settings *s);
bool lh_files_write(struct lh_files *f, const struct lh_settings *s,
		    const struct lh_files_content *of);
bool lh_files_close_log(struct lh_files *f, const struct lh_settings *s);
void lh_files_drop(struct lh_files *f); /* deletes the record and the reports, unfinished */

#endif
