/*
 * held_back.h — warnings of the watch thread that are not printed yet: a hold may end soon, and is
 * then printed as a whole; or its thread may run into a deadlock, which is then the only finding.
 *
 * Does not print. A warning is in the report from the beginning, only its text comes later.
 */
#ifndef LH_RUN_HELD_BACK_H
#define LH_RUN_HELD_BACK_H

#include "tools/run/processes.h"

#define LH_HELD_BACK_NS 500000000ull

struct lh_held_back {
	struct {
		struct lh_run_process *process;
		uint32_t row;
		uint64_t since;
	} * list;
	uint32_t n, capacity;
};

/* False: the finding is to be printed at once. */
bool lh_held_back_add(struct lh_held_back *, struct lh_run_process *, uint32_t row, uint64_t now);
/* Takes this finding out. False: it was not held back. */
bool lh_held_back_take(struct lh_held_back *, const struct lh_run_process *, uint32_t row);
/* Takes out a finding whose time is over. 0: there is none. */
uint32_t lh_held_back_next(struct lh_held_back *, struct lh_run_process **, uint64_t now);
/* Takes out the findings of this process that were withdrawn. Returns how many. */
uint32_t lh_held_back_drop_withdrawn(struct lh_held_back *, const struct lh_run_process *);
/* Takes out a finding of this process. 0: there is none. */
uint32_t lh_held_back_next_of(struct lh_held_back *, const struct lh_run_process *);
void lh_held_back_free(struct lh_held_back *);

#endif
