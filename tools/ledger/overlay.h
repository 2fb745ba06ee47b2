/*
 * overlay.h — what the monitor says of a process: rows beside its ledger.
 *
 * Only the library writes into a live ledger. The monitor's own findings, what it saw in
 * stacks it took, and its profile lie here, and go into the saved file together with the
 * ledger (packer.c). The shape is reader.h's struct lh_overlay; this is how it is filled.
 *
 * - One thread writes; others may read rows whose number they were given.
 * - A table that is full refuses and counts.
 */
#ifndef LH_LEDGER_OVERLAY_H
#define LH_LEDGER_OVERLAY_H

#include "tools/ledger/reader.h"

struct lh_overlay *lh_overlay_new(const struct lh_ledger_view *); /* NULL: no memory */
void lh_overlay_free(struct lh_overlay *);

/* n rows in sequence, zero; the number of the first, 0: no room. */
uint32_t lh_overlay_new_rows(struct lh_overlay *, enum lh_table_name, uint32_t n);
/* The same with their contents. */
uint32_t lh_overlay_add(struct lh_overlay *, enum lh_table_name, const void *rows, uint32_t n);
/* A row of ours, to be changed. NULL: there is no such row here. */
void *lh_overlay_row(struct lh_overlay *, enum lh_table_name, uint32_t number);

#endif
