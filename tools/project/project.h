/*
 * project.h — what a project has decided beforehand, put to the findings of a run: the
 * baseline, suppressions, the order policy.
 *
 * Says itself what is wrong in one of the files, before the program is started. Does not decide
 * the exit status.
 */
#ifndef LH_GATE_H
#define LH_GATE_H

#include "tools/project/baseline.h"
#include "tools/project/policy.h"
#include "tools/project/suppress.h"

struct lh_gate_wants {
	const char *baseline; /* "" or NULL: none */
	bool update;          /* write it anew: what this run has found */
	bool add;             /* write it anew: what this run has found, and what stands there */
	const char *suppressions; /* files, with line ends between them */
	const char *policy;
	bool strict;  /* an order that is not declared breaks the policy too */
	bool verbose; /* name every suppression that fits nothing */
};

struct lh_gate {
	struct lh_gate_wants wants;
	struct lh_pool *pool;
	struct lh_suppressions suppressions;
	struct lh_baseline baseline;
	struct lh_policy policy;
};

bool lh_gate_open(struct lh_gate *, struct lh_gate_wants);
/* A list of files as a file at `conf` names them: they lie beside it. In the pool of texts. */
const char *lh_gate_beside(const char *conf, const char *files);
void lh_gate_close(struct lh_gate *);

/* Hands itself to a model that is about to be made. */
void lh_gate_join(struct lh_gate *, struct lh_model_wants *);

/* All records are in the model: adds what breaks the policy, and notes on what fitted nothing. */
void lh_gate_finish(struct lh_gate *, struct lh_model *);

/* The run did not come to its end: what it has not seen may be there all the same, so an update of
 * the baseline takes nothing out. */
void lh_gate_cut_short(struct lh_gate *);

/* Writes the baseline if that was asked for; what is in it then is new no more. False: said why
 * not. */
bool lh_gate_update(struct lh_gate *, struct lh_model *);

#endif
