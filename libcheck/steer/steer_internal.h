/* steer_internal.h — what steer.c tells evidence.c. */
#ifndef LH_STEER_STEER_INTERNAL_H
#define LH_STEER_STEER_INTERNAL_H

#include "libcheck/steer/steer.h"

/* The thread is at the stop. `visits`: it is in the part now; `pauses`: it will pause. */
void lh_steer_evidence_arrives(struct lh_steer *, const struct lh_steer_arrival *, bool visits,
			       bool pauses);
/* The pause ends; the part is as it was in the pause. */
void lh_steer_evidence_end(struct lh_steer *, struct lh_steer_part *, enum lh_steer_end,
			   uint32_t by, uint64_t now_ns);
void lh_steer_evidence_blocks(struct lh_steer *, uint32_t thread, uint64_t object, lh_site);

#endif
