/*
 * snapshot_ledger.h — a ledger that the front end fills with what `lockhound hang` found, so that
 * every report reads it like a ledger of the library.
 *
 * Does not find deadlocks. Rows of another ledger are copied with copy_rows.h.
 *
 * - The capacity is set by lh_snapshot_make. If a table is full, a new row gets the number 0,
 *   "unknown", and the table counts it as refused.
 * - One thread uses a snapshot. Its memory is in the arena.
 */
#ifndef LH_PROCESS_SNAPSHOT_LEDGER_H
#define LH_PROCESS_SNAPSHOT_LEDGER_H

#include "tools/process/copy_rows.h"
#include "tools/process/peek.h"

struct lh_snapshot {
	struct lh_ledger head;
	struct lh_overlay rows;      /* row 0 of each table included */
	struct lh_row_copier copier; /* from the ledger of the process, if there is one */
	uint32_t modules_at;         /* row of the first module from lh_snapshot_put_modules */
	uint32_t scripts_at; /* row of the first function of a script from lh_snapshot_put_stack */
};

/* Sets the capacity of all tables from these numbers. */
void lh_snapshot_make(struct lh_snapshot *, struct lh_arena *, uint32_t threads, uint32_t modules);
/* The rows so far. */
void lh_snapshot_view(const struct lh_snapshot *, struct lh_ledger_view *);
void *lh_snapshot_row(struct lh_snapshot *, enum lh_table_name, uint32_t number);

lh_thread_id lh_snapshot_put_thread(struct lh_snapshot *, pid_t tid, const char *name,
				    uint32_t flags);
/* The lock of this kind at this address; adds its row if there is none. Address 0: a new row. */
lh_lock_id lh_snapshot_put_lock(struct lh_snapshot *, enum lh_kind, uint64_t address,
				uint32_t flags);
/* The lock that stands for the thread's end, which other threads can join. */
lh_lock_id lh_snapshot_put_thread_end(struct lh_snapshot *, lh_thread_id);
void lh_snapshot_put_modules(struct lh_snapshot *, const struct lh_peek *);
/* The frames of a task from number `first` on. */
lh_stack_id lh_snapshot_put_stack(struct lh_snapshot *, const struct lh_peek *,
				  const struct lh_peek_task *, uint32_t first);

/* Sets the copier's source, and copies its head, modules and threads. Call it before any row is
 * added: modules and threads keep their numbers. */
void lh_snapshot_copy_all(struct lh_snapshot *, const struct lh_ledger_view *);
lh_lock_id lh_snapshot_copy_lock(struct lh_snapshot *, lh_lock_id);

struct lh_finding *lh_snapshot_put_finding(struct lh_snapshot *, enum lh_rule);
/* Adds a step to the last finding; NULL: to none. */
void lh_snapshot_put_step(struct lh_snapshot *, struct lh_finding *, lh_thread_id, enum lh_action,
			  lh_lock_id, lh_site);

#endif
