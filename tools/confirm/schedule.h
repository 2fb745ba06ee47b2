/*
 * schedule.h — which attempt comes next in a session. Makes none.
 */
#ifndef LH_CONFIRM_SCHEDULE_H
#define LH_CONFIRM_SCHEDULE_H

#include "tools/confirm/predictions.h"

/*
 * The finding to try next; NULL: all are decided. They come in turn; those that are confirmed
 * already come when all others have their verdicts.
 */
struct lh_prediction *lh_schedule_next(const struct lh_predictions *, uint32_t *turn);
/* Its cycle that was tried least; of a confirmed finding the one that happened. */
struct lh_predicted_cycle *lh_schedule_cycle(struct lh_prediction *);
/* How to steer it: each attempt otherwise; a confirmed finding as it happened first. */
struct lh_steer_settings lh_schedule_settings(const struct lh_prediction *,
					      const struct lh_predicted_cycle *);

#endif
