/*
 * replay.h — the settings of an attempt as a short text: "every-250-0-9c1f5a".
 *
 * The mode, the longest pause in milliseconds, the seed of the delays, four digits of the cycle and
 * two that depend on all others and on the finding: a mistyped text is refused.
 */
#ifndef LH_CONFIRM_REPLAY_H
#define LH_CONFIRM_REPLAY_H

#include "tools/confirm/predictions.h"

enum { LH_REPLAY_TEXT = 48, LH_REPLAY_CYCLE = 0xffff /* bits of the cycle's hash */ };

const char *lh_replay_mode(enum lh_steer_mode);
void lh_replay_write(const struct lh_steer_settings *, uint64_t cycle, const char *fingerprint,
		     char text[LH_REPLAY_TEXT]);
/* Returns NULL, or what is wrong with the text. *cycle: the low bits of lh_plan_hash. */
const char *lh_replay_read(const char *text, const char *fingerprint, struct lh_steer_settings *,
			   uint32_t *cycle);

#endif
