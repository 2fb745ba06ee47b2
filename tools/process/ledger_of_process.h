/*
 * ledger_of_process.h — finds and opens the ledger of a process that runs.
 *
 * Needs no help of the process or of its monitor. Does not wait.
 */
#ifndef LH_LEDGER_OF_PROCESS_H
#define LH_LEDGER_OF_PROCESS_H

#include "tools/ledger/reader.h"
#include "tools/process/peek.h"

/* False: the process has no ledger that can be opened. `tables` as in lh_read_copy_some. */
bool lh_hang_ledger_open(struct lh_record *, const struct lh_peek *, uint32_t tables);

#endif
