/*
 * verdict.h — the verdict of a predicted cycle, from what its attempts showed.
 *
 * Pure: attempts in, outcome out. Does not run programs, does not print, writes no sentences.
 */
#ifndef LH_CONFIRM_VERDICT_H
#define LH_CONFIRM_VERDICT_H

#include "tools/report/report.h"

/* A run of the program with the cycle in its plan. */
struct lh_attempt {
	bool happened;   /* the deadlock of this cycle happened in the run */
	bool first;      /* the cycle was the first of the plan: the run may refute it */
	bool some_locks; /* of the locks at its places some only were steered: it refutes nothing */
	bool late;       /* a thread started late: lh_plan.late_thread */
	bool complete;   /* the program ended by itself, and no thread was deadlocked */
	struct lh_steered row; /* of this cycle, merged over the processes of the run */
};

/* Why a verdict is open, or a place was not reached. The first that applies. */
enum lh_open {
	LH_OPEN_NONE,       /* the verdict is not open */
	LH_OPEN_NO_ATTEMPT, /* no budget was left */
	LH_OPEN_NO_ROW,     /* no process of any attempt was steered */
	LH_OPEN_REFUSED,    /* the limits did not allow the pauses */
	LH_OPEN_CLOSED,     /* all parts met at their last stops, and no deadlock followed */
	LH_OPEN_INSTANCES,  /* the parts met only with locks of different instances */
	LH_OPEN_EARLY,  /* a thread need not come second: it came while the other started late */
	LH_OPEN_MIXED,  /* some attempts show an order of two parts, others do not */
	LH_OPEN_SHARED, /* all show an order, but processes share a lock of the cycle */
	LH_OPEN_INCOMPLETE, /* attempts show an order, but deadlocked elsewhere or were ended */
	LH_OPEN_FEW,        /* all show an order, but there are too few attempts or pause lengths */
	LH_OPEN_APART,      /* each part was reached, but not together with the others */
	LH_OPENS
};

struct lh_outcome {
	enum lh_verdict verdict;
	enum lh_open open;
	uint32_t runs, hits; /* attempts, and those in which the deadlock happened */
	uint32_t lates;      /* attempts in which a thread started late */
	/*
	 * The attempt whose row has the reason; `runs`: none. Confirmed: the first hit.
	 * Contradicted: row.before and row.after are the parts, the row's other members say
	 * what ordered them. Open: the attempt that shows what `open` says.
	 */
	uint32_t attempt;
	uint32_t refuting;   /* attempts that show an order of two parts */
	uint32_t incomplete; /* attempts that deadlocked elsewhere or were ended */
	bool seen; /* contradicted: by order in time only (LH_STEER_SEEN) in some attempt */
	uint8_t part, stop; /* not reached: the place; open: where a thread was paused in vain */
};

enum {
	LH_REFUTING_ATTEMPTS = 3,
	/* of the pauses after which a thread came, in milliseconds */
	LH_SEEN_LONGEST_MS = 500,
	LH_SEEN_FACTOR = 4 /* the longest by the shortest */
};

/* Adds the row of one more process of the same run. A sum that is all zero is empty. */
void lh_steered_merge(struct lh_steered *sum, const struct lh_steered *row);

/*
 * `shared`: processes share a lock of the cycle. Then what one process shows refutes nothing.
 * - confirmed: the deadlock happened in an attempt;
 * - not reached: a stop was visited in no attempt;
 * - contradicted: at least three complete attempts refute the cycle, and no complete attempt in
 *   which each part's last stop was visited shows anything else; the parts never met, and no thread
 *   came early. Order in time alone (SEEN) counts only after pauses of different lengths, one of
 *   them long;
 * - open: all else.
 */
struct lh_outcome lh_verdict_of(const struct lh_plan_cycle *, bool shared,
				const struct lh_attempt *, uint32_t attempts);

#endif
