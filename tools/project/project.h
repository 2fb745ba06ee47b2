/*
 * project.h — what a project has decided beforehand, put to the findings of a run: the
 * baseline, suppressions, the order policy.
 *
 * Says itself what is wrong in one of the files, before the program is started. Does not decide
 * the exit status.
 */
#ifndef LH_PROJECT_PROJECT_H
#define LH_PROJECT_PROJECT_H

#include "tools/project/baseline.h"
#include "tools/project/policy.h"
#include "tools/project/suppress.h"

struct lh_project_options {
	const char *baseline; /* "" or NULL: none */
	bool update;          /* write it anew: what this run has found */
	bool add;             /* write it anew: what this run has found, and what stands there */
	const char *suppressions; /* files, with line ends between them */
	const char *policy;
	bool strict;  /* an order that is not declared breaks the policy too */
	bool verbose; /* name every suppression that fits nothing */
};

struct lh_project {
	struct lh_project_options options;
	struct lh_arena *arena;
	struct lh_suppressions suppressions;
	struct lh_baseline baseline;
	struct lh_policy policy;
};

bool lh_project_open(struct lh_project *, struct lh_project_options);
/* A list of files as a file at `conf` names them: they lie beside it. In the pool of texts. */
const char *lh_project_default_file(const char *conf, const char *files);
void lh_project_close(struct lh_project *);

/* Hands itself to a model that is about to be made. */
void lh_project_attach(struct lh_project *, struct lh_report_options *);

/* All records are in the model: adds what breaks the policy, and notes on what fitted nothing. */
void lh_project_finish(struct lh_project *, struct lh_report *);

/* The run did not come to its end: what it has not seen may be there all the same, so an update of
 * the baseline takes nothing out. */
void lh_project_cut_short(struct lh_project *);

/* Writes the baseline if that was asked for; what is in it then is new no more. False: said why
 * not. */
bool lh_project_update(struct lh_project *, struct lh_report *);

#endif
