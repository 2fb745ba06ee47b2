/* schedules.h — how threads get stuck by breaking a rule, in the words of a small program. */
#ifndef LH_CMD_SCHEDULES_H
#define LH_CMD_SCHEDULES_H

#include "tools/render/lanes.h"
#include "tools/report/report.h"

/* The lanes of an example; no lanes: the rule is not about several steps in time. */
struct lh_lanes lh_schedule_of_rule(enum lh_rule);

#endif
