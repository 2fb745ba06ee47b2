/*
 * profile.h — samples for a while which stack makes which stack wait in a live process, as the
 * monitor of a run does, and packs the ledger with these wait pairs.
 *
 * A sample copies two tables of the ledger, and the pauses are long enough that this takes less
 * than a tenth of the time. Does not stop the process, and does not print.
 */
#ifndef LH_TOP_PROFILE_H
#define LH_TOP_PROFILE_H

#include "tools/top/target.h"

/* False: the process has ended or cannot be read; the target's `error` has one line. The caller
 * closes the file with lh_read_close. */
bool lh_top_profile(struct lh_top_target *, uint64_t for_ns, struct lh_ledger_file *);

#endif
