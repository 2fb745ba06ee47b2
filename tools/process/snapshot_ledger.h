/*
 * snapshot_ledger.h — a ledger filled by the front end: what hang saw, in the shape that every
 * view reads.
 *
 * Its room is set when it is made; a row that finds no room is row 0, "not known".
 * Does not judge. Rows of another ledger are copied with all that they name.
 */
#ifndef LH_PROCESS_SNAPSHOT_LEDGER_H
#define LH_PROCESS_SNAPSHOT_LEDGER_H

#include "tools/process/peek.h"
#include "tools/ledger/reader.h"

struct lh_snapshot {
	struct lh_ledger *ledger;
	size_t size;
	struct lh_arena *arena;
	const struct lh_ledger_view *source; /* rows are copied from there, NULL none */
	struct lh_snapshot_copies *copied;
	uint32_t modules_at; /* row of the first of the objects that peek found */
};

/* Room for so many threads, three stacks for each and as many locks. */
bool lh_snapshot_make(struct lh_snapshot *, struct lh_arena *, uint32_t threads, uint32_t modules);
void lh_snapshot_free(struct lh_snapshot *);

void *lh_snapshot_row_add(struct lh_snapshot *, enum lh_table_name,
			  uint32_t *number); /* NULL: no room */
void *lh_snapshot_row(const struct lh_snapshot *, enum lh_table_name, uint32_t number);

lh_thread_id lh_snapshot_put_thread(struct lh_snapshot *, pid_t tid, const char *name,
				    uint32_t flags);
/* The lock at this address, made if it is new. For a thread's end: its life. */
lh_lock_id lh_snapshot_put_lock(struct lh_snapshot *, enum lh_kind, uint64_t address,
				uint32_t flags);
lh_lock_id lh_snapshot_put_thread_end(struct lh_snapshot *, lh_thread_id);
void lh_snapshot_put_modules(struct lh_snapshot *, const struct lh_peek *);
/* The frames of a task from `first` on. */
lh_stack_id lh_snapshot_put_stack(struct lh_snapshot *, const struct lh_peek *,
				  const struct lh_peek_task *, uint32_t first);

lh_stack_id lh_snapshot_put_frames(struct lh_snapshot *, const uint64_t *frame, uint32_t n,
				   bool cut);

/* Copies of rows of `source`; modules and threads keep their numbers and are copied first. */
void lh_snapshot_copy_all(struct lh_snapshot *, const struct lh_ledger_view *);
lh_stack_id lh_snapshot_copy_stack(struct lh_snapshot *, lh_stack_id);
lh_lock_id lh_snapshot_copy_lock(struct lh_snapshot *, lh_lock_id);

struct lh_finding *lh_snapshot_put_finding(struct lh_snapshot *, enum lh_rule);
struct lh_finding *lh_snapshot_last_finding(const struct lh_snapshot *); /* NULL: none yet */
/* To the newest finding. */
void lh_snapshot_put_step(struct lh_snapshot *, lh_thread_id, enum lh_action, lh_lock_id, lh_site);

#endif
