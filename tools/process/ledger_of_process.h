/*
 * ledger_of_process.h — finds and copies the ledger of a running process.
 *
 * Needs no help from the process or its monitor. Does not wait. Reads the mappings in struct
 * lh_peek, so call lh_peek_objects first. The caller frees the copy with lh_read_drop.
 */
#ifndef LH_PROCESS_LEDGER_OF_PROCESS_H
#define LH_PROCESS_LEDGER_OF_PROCESS_H

#include "tools/ledger/reader.h"
#include "tools/process/peek.h"

/* False: the process has no ledger that can be opened. `tables` as in lh_read_copy_some. */
bool lh_ledger_of_process(struct lh_ledger_view *, const struct lh_peek *, uint32_t tables);

#endif
