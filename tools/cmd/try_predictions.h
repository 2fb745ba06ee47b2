/*
 * try_predictions.h — the session of lockhound confirm and of check --confirm, by the options.
 *
 * Does not start the first run and does not choose the exit status.
 */
#ifndef LH_CMD_TRY_PREDICTIONS_H
#define LH_CMD_TRY_PREDICTIONS_H

#include "tools/confirm/session.h"

/* Does the command try predictions? */
bool lh_try_is_wanted(const struct lh_command *, const struct lh_settings *);
/* False: options that do not fit each other, or a bad one, were reported in one line. */
bool lh_try_options_are_good(const struct lh_command *, const struct lh_settings *);
/*
 * Tries the predictions of the report. `first_ns`, `first_status`: how long the first run took, 0:
 * not known, and its wait status, -1: not known. False: an error was reported. Call
 * lh_session_close after the last use of the report.
 */
bool lh_try_predictions(struct lh_session *, const struct lh_command *, struct lh_start *,
			struct lh_report *, uint64_t first_ns, int first_status);

#endif
