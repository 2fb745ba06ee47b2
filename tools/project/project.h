/*
 * project.h — applies a project's files to the findings of a run: the baseline, suppressions and
 * the order policy.
 *
 * Reports an error in one of the files itself, before the program starts. Does not decide the exit
 * status.
 */
#ifndef LH_PROJECT_PROJECT_H
#define LH_PROJECT_PROJECT_H

#include "tools/project/baseline.h"
#include "tools/project/lock_api.h"
#include "tools/project/policy.h"
#include "tools/project/suppress.h"

struct lh_project_options {
	const char *baseline; /* "" or NULL: none */
	bool update;          /* rewrite the baseline with this run's findings */
	bool add; /* rewrite the baseline with this run's findings and all old entries */
	const char *suppressions; /* file names separated by newlines */
	const char *policy, *lock_api;
	bool strict;         /* an order that is not declared violates the policy too */
	bool verbose;        /* name every suppression that matched nothing */
	const char *program; /* of the command that renews the baseline: with arguments, quoted */
};

struct lh_project {
	struct lh_project_options options;
	struct lh_arena *arena;
	struct lh_suppressions suppressions;
	struct lh_baseline baseline;
	struct lh_policy policy;
	struct lh_lock_api lock_api;
	const uint8_t *lock_api_result; /* of the run; NULL: there is none */
};

bool lh_project_open(struct lh_project *, struct lh_project_options);
/*
 * The list `files` from the configuration file `conf`: relative names become relative to its
 * folder. The result is never freed.
 */
const char *lh_project_default_file(const char *conf, const char *files);
void lh_project_close(struct lh_project *);

/* Adds the project's needs to the options of a report before it is created. */
void lh_project_attach(struct lh_project *, struct lh_report_options *);

/* After the last ledger was added: adds policy violations, and notes on what matched nothing. */
void lh_project_finish(struct lh_project *, struct lh_report *);

/*
 * The run ended early: a finding may exist although it was not seen, so an update of the baseline
 * removes nothing.
 */
void lh_project_cut_short(struct lh_project *);

/*
 * Writes the baseline if an option asks for it; its findings are no longer new. False: the error
 * was reported.
 */
bool lh_project_update(struct lh_project *, struct lh_report *);

#endif
