/*
 * snapshot_ledger.h — a ledger filled by the front end: what hang saw, in the shape that every
 * view reads.
 *
 * Its room is set when it is made; a row that finds no room is row 0, "not known".
 * Does not judge. Rows of another ledger are copied with all that they name.
 */
#ifndef LH_HANG_BOOK_H
#define LH_HANG_BOOK_H

#include "tools/process/peek.h"
#include "tools/ledger/reader.h"

struct lh_hang_book {
	struct lh_ledger *ledger;
	size_t size;
	struct lh_pool *pool;
	const struct lh_record *source; /* rows are copied from there, NULL none */
	struct lh_hang_copy *copied;
	uint32_t modules_at; /* row of the first of the objects that peek found */
};

/* Room for so many threads, three stacks for each and as many locks. */
bool lh_hang_book_make(struct lh_hang_book *, struct lh_pool *, uint32_t threads, uint32_t modules);
void lh_hang_book_free(struct lh_hang_book *);

void *lh_hang_row(struct lh_hang_book *, enum lh_table_name, uint32_t *number); /* NULL: no room */
void *lh_hang_row_at(const struct lh_hang_book *, enum lh_table_name, uint32_t number);

lh_thread_id lh_hang_put_thread(struct lh_hang_book *, pid_t tid, const char *name, uint32_t flags);
/* The lock at this address, made if it is new. For a thread's end: its life. */
lh_lock_id lh_hang_put_lock(struct lh_hang_book *, enum lh_kind, uint64_t address, uint32_t flags);
lh_lock_id lh_hang_put_life(struct lh_hang_book *, lh_thread_id);
void lh_hang_put_modules(struct lh_hang_book *, const struct lh_peek *);
/* The frames of a task from `first` on. */
lh_stack_id lh_hang_put_stack(struct lh_hang_book *, const struct lh_peek *,
			      const struct lh_peek_task *, uint32_t first);

lh_stack_id lh_hang_put_frames(struct lh_hang_book *, const uint64_t *frame, uint32_t n, bool cut);

/* Copies of rows of `source`; modules and threads keep their numbers and are copied first. */
void lh_hang_copy_all(struct lh_hang_book *, const struct lh_record *);
lh_stack_id lh_hang_copy_stack(struct lh_hang_book *, lh_stack_id);
lh_lock_id lh_hang_copy_lock(struct lh_hang_book *, lh_lock_id);

struct lh_finding *lh_hang_put_finding(struct lh_hang_book *, enum lh_rule);
struct lh_finding *lh_hang_newest(const struct lh_hang_book *); /* NULL: none yet */
/* To the newest finding. */
void lh_hang_put_step(struct lh_hang_book *, lh_thread_id, enum lh_action, lh_lock_id, lh_place);

#endif
