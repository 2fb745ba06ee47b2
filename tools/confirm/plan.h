/*
 * plan.h — a plan of cycles to steer (libcheck/ledger.h), made from the findings of a report.
 *
 * Part i of a cycle is part i of its finding; the stops of a part are its holds that have a stack,
 * outermost first, and then what it wants. A stop has the frames that are in the finding's
 * fingerprint, so the plan leaves out no call path that is the same finding.
 */
#ifndef LH_CONFIRM_PLAN_H
#define LH_CONFIRM_PLAN_H

#include "tools/report/report.h"

/* Adds a cycle for the finding. Returns NULL, or why the finding cannot be steered, as a clause. */
const char *lh_plan_add(struct lh_plan *, struct lh_report *, const struct lh_report_finding *);
/* The step of the finding at a stop of its cycle; NULL: there is no such stop. */
const struct lh_report_step *lh_plan_step(const struct lh_report_finding *, uint32_t part,
					  uint32_t stop);
/* A hash of what two cycles of the plan have in common if lh_plan_same. */
uint64_t lh_plan_hash(const struct lh_plan *, uint32_t cycle);
/* Do two cycles of the plan have the same stops? */
bool lh_plan_same(const struct lh_plan *, uint32_t a, uint32_t b);

#endif
