/*
 * reader.h — the only reader of ledgers: files, run files, live processes, memory.
 *
 * Believes nothing. Every table is checked against what is really there, every
 * number is checked when it is used, every string comes out terminated. A row is
 * handed out as a copy, because the one in a live ledger may change between two
 * looks. What is missing is told in words, and what is there is still read.
 *
 * Does not name, judge, order or print anything.
 *
 * - A file is copied into memory when it is opened (its rows in use only): nothing
 *   that happens to it later can disturb or kill the reader. Tables are copied in
 *   the order in which rows point at each other, so whatever a copied row names
 *   has been copied too, live or not.
 * - Memory that somebody else keeps (the monitor's own mapping) is read in place.
 */
#ifndef LH_LEDGER_READER_H
#define LH_LEDGER_READER_H

#include "libcheck/ledger.h"

#include <stdbool.h>
#include <stddef.h>

#define LH_ERROR_TEXT_MAX 320

/* Where bytes come from: a file (a descriptor, from `start` on) or memory. */
struct lh_byte_source {
	int fd; /* -1: memory */
	const unsigned char *at;
	uint64_t start, size;
};

/* One table as it was found good: rows of `row` bytes; `limit` is what there is room for. */
struct lh_table_view {
	const unsigned char *at; /* NULL: empty */
	uint32_t row;
	uint32_t used;  /* rows in use, row 0 included; of a live one see lh_read_used */
	uint32_t limit; /* rows that lie within the memory */
};

/*
 * Rows that the monitor keeps beside a live ledger, because only the library writes into
 * that. Their numbers begin where the ledger's own must end, so that a row of either may
 * name a row of either; a saved file has both in one (overlay.h).
 */
struct lh_overlay {
	struct {
		unsigned char *at;
		uint32_t row, base, rows;
		uint32_t used; /* the first is number `base`; raised when a row is whole; atomic */
	} table[LH_TABLES];
};

/* One ledger: one process. */
struct lh_ledger_view {
	struct lh_ledger head; /* a copy; its strings are terminated */
	struct lh_table_view rows[LH_TABLES];
	const struct lh_ledger *live; /* the ledger itself when it is read in place, else NULL */
	const struct lh_overlay *overlay; /* what the monitor adds; NULL nothing */
	bool copied;                      /* the rows are ours and go with the record */
	uint32_t missing_rows;         /* rows that the tables promise and the file has not got */
	char error[LH_ERROR_TEXT_MAX]; /* what is missing, in words, "" if nothing */
};

/* All ledgers of one file, in the order in which they lie there. */
struct lh_ledger_file {
	struct lh_ledger_view *view;
	uint32_t n;
	uint32_t empty;                /* slots that were taken and hold nothing yet */
	uint32_t no_slot;              /* processes that found no slot */
	char error[LH_ERROR_TEXT_MAX]; /* "FILE: what is wrong or missing", "" if nothing */
};

/*
 * Opens FILE (saved, live, or a front end's run file), or "-" (standard input),
 * or a number that is no file: the process with that id. False: nothing could be
 * read, and `trouble` says why in one line. True: there is at least one ledger, and
 * `trouble` may still say what is missing. lh_read_close in either case.
 */
bool lh_read_open(struct lh_ledger_file *, const char *file);
void lh_read_close(struct lh_ledger_file *);

/* Copies the one ledger that begins at `offset` of these bytes. False: `trouble` says why. */
bool lh_read_copy(struct lh_ledger_view *, const struct lh_byte_source *, uint64_t offset);
/* The same of some tables only: bit t of `tables` stands for table t. */
bool lh_read_copy_some(struct lh_ledger_view *, const struct lh_byte_source *, uint64_t offset,
		       uint32_t tables);
void lh_read_drop(struct lh_ledger_view *);

/* How many of `n` bytes from `offset` on could be had. */
size_t lh_read_get(const struct lh_byte_source *, uint64_t offset, void *out, size_t n);

/* The same for the bytes of such a file. */
bool lh_read_bytes(struct lh_ledger_file *, const void *bytes, size_t size, const char *name);

/* One ledger in memory, read in place; it must lie at a multiple of 8. False: `trouble` says why.
 */
bool lh_read_view(struct lh_ledger_view *, const void *base, size_t size);

/* Looks at a ledger that is read in place again: the head is copied anew. */
void lh_read_refresh(struct lh_ledger_view *);

/* Rows in use now, row 0 included: rows 1 to used - 1 may be asked for. Never above what is there.
 */
uint32_t lh_read_used(const struct lh_ledger_view *, enum lh_table_name);

/* Copies of rows. False: there is no such row (0, out of range, of another generation). */
bool lh_read_live_thread(const struct lh_ledger_view *, uint32_t row, struct lh_live_thread *);
bool lh_read_thread(const struct lh_ledger_view *, lh_thread_id, struct lh_thread *);
bool lh_read_lock(const struct lh_ledger_view *, lh_lock_id, struct lh_lock *);
bool lh_read_lock_row(const struct lh_ledger_view *, uint32_t row,
		      struct lh_lock *); /* whatever its generation */
/* What only some locks have a row for; of the others the little that their own row says. */
void lh_read_lock_stats(const struct lh_ledger_view *, const struct lh_lock *,
			struct lh_lock_stats *);
bool lh_read_stack(const struct lh_ledger_view *, lh_stack_id, struct lh_stack *);
bool lh_read_module(const struct lh_ledger_view *, uint32_t row, struct lh_module *);
bool lh_read_chain_row(const struct lh_ledger_view *, lh_chain_id, struct lh_chain *);
bool lh_read_visit(const struct lh_ledger_view *, uint32_t row, struct lh_chain_visit *);
bool lh_read_hb_edge(const struct lh_ledger_view *, uint32_t row, struct lh_hb_edge *);
bool lh_read_finding(const struct lh_ledger_view *, uint32_t row, struct lh_finding *);
bool lh_read_step(const struct lh_ledger_view *, uint32_t row, struct lh_step *);
bool lh_read_note(const struct lh_ledger_view *, lh_note_id, struct lh_note *);
bool lh_read_wait_pair(const struct lh_ledger_view *, uint32_t row, struct lh_wait_pair *);
bool lh_read_span(const struct lh_ledger_view *, uint32_t row, struct lh_span *);
/* Where a process-shared lock lies: `row` and the lock as lh_read_lock gave it. False: not known.
 */
bool lh_read_lock_location(const struct lh_ledger_view *, uint32_t row, const struct lh_lock *,
			   struct lh_lock_location *);
/*
 * In a ledger that the front end fills, a lock of another process has a number of that process
 * (1 to 31) in its address, above what an address needs: so it is none of this process's.
 */
enum { LH_READ_ADDRESS_BITS = 56 };
static inline uint64_t lh_read_address(uint64_t address)
{
	return address & ((1ull << LH_READ_ADDRESS_BITS) - 1);
}
bool lh_read_busy_wait(const struct lh_ledger_view *, uint32_t row, struct lh_busy_wait *);
/* How this lock fares. False: nothing of it was kept. */
bool lh_read_contention(const struct lh_ledger_view *, const struct lh_lock *, lh_lock_id,
			struct lh_contention *);

/* The frames of a stack, innermost first, at most LH_FRAMES_MAX; how many. */
uint32_t lh_read_frames(const struct lh_ledger_view *, lh_stack_id, uint64_t frame[LH_FRAMES_MAX]);

/* The locks of a node's chain, this node's last, at most `max`; 0 if the chain is not one. */
uint32_t lh_read_chain_path(const struct lh_ledger_view *, lh_chain_id, lh_chain_id *chain,
			    uint32_t max);

/* The module whose mapped range holds this address, the one not gone before those that are; 0 none.
 */
uint32_t lh_read_module_at(const struct lh_ledger_view *, uint64_t address, struct lh_module *);

/* How this ledger's bytes are called in a message: "ledger of 4711 (bank)". */
void lh_read_title(const struct lh_ledger_view *, char *out, size_t size);

/*
 * Writes a compact copy (rows in use only, flag LH_LEDGER_PACKED) to `fd`: the saved
 * format. Its length is a multiple of 8. 0, or an errno. The caller sees to it that
 * a half-written file is never found under the final name.
 */
int lh_read_pack(const struct lh_ledger_view *, int fd);

#endif
