/*
 * copy_rows.h — copies rows of one ledger to rows that the front end adds: to a snapshot, or to the
 * overlay of another process.
 *
 * A row is copied together with the rows that it names; each row is copied once. The new row has
 * another number. If a table is full, the copy gets the number 0, "unknown".
 */
#ifndef LH_PROCESS_COPY_ROWS_H
#define LH_PROCESS_COPY_ROWS_H

#include "tools/ledger/overlay.h"
#include "tools/util/map.h"

#include <sys/types.h>

struct lh_row_copier {
	const struct lh_ledger_view *from;
	struct lh_overlay *to;
	const struct lh_ledger_view *own; /* the ledger whose overlay is `to`; NULL: none */
	struct lh_arena *arena;
	bool same_modules;    /* modules have the same numbers in both */
	struct lh_map copied; /* ids of copies, by table and number of the source row */
};

/* The id of the copy of source row `number`, 0: not copied yet. The caller sets it. */
uint32_t *lh_copy_id(struct lh_row_copier *, enum lh_table_name, uint32_t number);
lh_stack_id lh_copy_stack(struct lh_row_copier *, lh_stack_id);
lh_site lh_copy_site(struct lh_row_copier *, lh_site);
/* Adds a lock whose stacks are those of a source row. */
lh_lock_id lh_copy_lock_row(struct lh_row_copier *, struct lh_lock);

/* The row of this module; adds it if there is none. */
uint32_t lh_put_module(struct lh_row_copier *, const struct lh_module *);
lh_stack_id lh_put_frames(struct lh_overlay *, const uint64_t *frame, uint32_t n, uint32_t flags);
/* The row of a thread of another process; adds it if there is none. */
lh_thread_id lh_put_foreign_thread(struct lh_overlay *, pid_t pid, const struct lh_thread *);

#endif
