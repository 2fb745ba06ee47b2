/*
 * overlay.h — what the monitor says of a process: rows beside its ledger.
 *
 * Only the library writes into a live ledger. The monitor's own findings, what it saw in
 * stacks it took, and its profile lie here, and go into the saved file together with the
 * ledger (packer.c). The shape is reader.h's struct lh_side; this is how it is filled.
 *
 * - One thread writes; others may read rows whose number they were given.
 * - A table that is full refuses and counts.
 */
#ifndef LH_SIDE_H
#define LH_SIDE_H

#include "tools/ledger/reader.h"

struct lh_side *lh_side_new(const struct lh_record *); /* NULL: no memory */
void lh_side_free(struct lh_side *);

/* n rows in sequence, zero; the number of the first, 0: no room. */
uint32_t lh_side_new_rows(struct lh_side *, enum lh_table_name, uint32_t n);
/* The same with their contents. */
uint32_t lh_side_add(struct lh_side *, enum lh_table_name, const void *rows, uint32_t n);
/* A row of ours, to be changed. NULL: there is no such row here. */
void *lh_side_row(struct lh_side *, enum lh_table_name, uint32_t number);
uint32_t lh_side_refused(const struct lh_side *);

#endif
