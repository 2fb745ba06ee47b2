/*
 * order.h — the order of ledgers that come from several files, whatever the order of the files.
 *
 * By the start of the process, then by content, so the parts of a merged file and of a report have
 * one order wherever they came from. A ledger that is there twice is one process that was read
 * twice: it counts once.
 */
#ifndef LH_LEDGER_ORDER_H
#define LH_LEDGER_ORDER_H

#include "tools/ledger/reader.h"

struct lh_ledger_key {
	uint64_t start_wall_ns;
	uint32_t slot;
	int32_t pid;
	uint64_t hash; /* of the content */
};

struct lh_ledger_key lh_ledger_key(const struct lh_ledger_view *);
/* For qsort: -1, 0 or 1. */
int lh_ledger_key_compare(const struct lh_ledger_key *, const struct lh_ledger_key *);

/* Both are copies of one ledger; only what a packed ledger has in addition may differ. */
bool lh_ledger_same(const struct lh_ledger_view *, const struct lh_ledger_view *);

#endif
