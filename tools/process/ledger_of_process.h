/*
 * ledger_of_process.h — finds and opens the ledger of a process that runs.
 *
 * Needs no help of the process or of its monitor. Does not wait.
 */
#ifndef LH_PROCESS_LEDGER_OF_PROCESS_H
#define LH_PROCESS_LEDGER_OF_PROCESS_H

#include "tools/ledger/reader.h"
#include "tools/process/peek.h"

/* False: the process has no ledger that can be opened. `tables` as in lh_read_copy_some. */
bool lh_ledger_of_process(struct lh_ledger_view *, const struct lh_peek *, uint32_t tables);

#endif
