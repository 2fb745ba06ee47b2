/*
 * overlay.h — the rows that the monitor adds to one process's ledger.
 *
 * Only the library writes into a live ledger. The overlay holds the monitor's own findings, the
 * stacks that it sampled, and the sampled wait times; the saved file holds both (packer.c). struct
 * lh_overlay is in reader.h; these functions fill it. Does not write to a ledger.
 *
 * - One thread writes; others may read rows whose number they were given.
 * - A full table refuses a row and counts the refusal.
 */
#ifndef LH_LEDGER_OVERLAY_H
#define LH_LEDGER_OVERLAY_H

#include "tools/ledger/reader.h"

struct lh_overlay *lh_overlay_new(const struct lh_ledger_view *); /* NULL: out of memory */
void lh_overlay_free(struct lh_overlay *);

/* Adds n consecutive rows; `rows` NULL: zeros. Returns the number of the first, or 0 if the table
 * is full. */
uint32_t lh_overlay_add(struct lh_overlay *, enum lh_table_name, const void *rows, uint32_t n);
/* An overlay row, writable. NULL: the overlay has no such row. */
void *lh_overlay_row(struct lh_overlay *, enum lh_table_name, uint32_t number);

#endif
