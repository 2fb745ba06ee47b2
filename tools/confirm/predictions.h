/*
 * predictions.h — the findings of a report that a session tries, and what its attempts showed of
 * each.
 *
 * A finding may stand for several cycles, which have one fingerprint and differ in the lines where
 * they acquire their locks. It is confirmed if one of them is, and contradicted only if all are.
 */
#ifndef LH_CONFIRM_PREDICTIONS_H
#define LH_CONFIRM_PREDICTIONS_H

#include "tools/confirm/attempt.h"
#include "tools/confirm/verdict.h"

/* This thread starts late: does one come to the last stop of the part `after` before any has come
 * to that of `before`? */
struct lh_late_start {
	uint32_t thread; /* 0: none starts late */
	uint8_t before, after;
};

/* How an attempt steers. */
struct lh_steer_settings {
	enum lh_steer_mode mode;
	uint32_t pause_ms, seed; /* seed of the delays before acquisitions, 0: none */
	struct lh_late_start late;
};

/* Where the row of an attempt comes from. */
struct lh_row_source {
	struct lh_report *report;
	const struct lh_report_process *process; /* NULL: its ledger is not kept */
};

struct lh_predicted_cycle {
	const struct lh_report_finding *of; /* the finding, or one with its fingerprint */
	struct lh_plan_cycle plan;          /* its frames are in no plan: for the verdict */
	uint64_t hash;                      /* lh_plan_hash */
	struct lh_attempt *attempt;
	struct lh_row_source *source; /* of each attempt */
	uint32_t attempts, sources;
	uint32_t firsts; /* attempts in which it was the first of the plan */
	struct lh_outcome outcome;
	struct lh_late_start late; /* of the next attempt */
	bool decided;
};

enum { LH_PREDICTED_CYCLES = 8 };

struct lh_prediction {
	struct lh_report_finding *finding;
	const char *why; /* it is not steered; NULL: it is */
	struct lh_predicted_cycle cycle[LH_PREDICTED_CYCLES];
	uint32_t cycles;
	bool is_partial; /* it stands for more cycles, which no attempt can refute */
	uint32_t firsts, hits;
	struct lh_steer_settings hit; /* of the first attempt in which it happened */
	uint64_t hit_hash;            /* of the first cycle of that plan, if it is of the finding */
	enum lh_verdict verdict;
	const struct lh_predicted_cycle *proof; /* the cycle whose outcome is the finding's */
	bool decided;                           /* no further attempt is needed */
};

struct lh_predictions {
	struct lh_arena *arena;
	struct lh_prediction *list;
	uint32_t n;
};

/* Is each line a fingerprint? False: the bad one was reported. */
bool lh_predictions_check_ids(const char *ids);
/* Do the ids name this finding? */
bool lh_predictions_are_named(const char *ids, const struct lh_report_finding *);
/*
 * Collects the new findings that the ids name, in lines; "": those at least this severe. False: an
 * id that no finding has was reported.
 */
bool lh_predictions_find(struct lh_predictions *, struct lh_report *, const char *ids,
			 enum lh_severity least);

/* Adds what an attempt showed of a cycle. */
void lh_prediction_add(struct lh_predictions *, struct lh_prediction *, struct lh_predicted_cycle *,
		       const struct lh_attempt *, struct lh_row_source);
/* Does the row show a visit of a stop that no attempt had, or a meeting? */
bool lh_prediction_is_news(const struct lh_predicted_cycle *, const struct lh_steered *);
/* Sets the verdict; `runs`: how many attempts the finding may have. */
void lh_prediction_decide(struct lh_prediction *, uint32_t runs);

#endif
