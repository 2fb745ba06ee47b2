/*
 * reader.h — the only reader of ledgers: files, run files, live processes, memory.
 *
 * Trusts no number. Every table is checked against the bytes that exist, every row number is
 * checked when it is used, every string is terminated. Rows are returned as copies, because a row
 * of a live ledger may change at any time. Missing rows are counted and described in `error`; the
 * other rows can still be read.
 *
 * Does not name, check, sort or print anything.
 *
 * - A file is copied into memory when it is opened (only its rows in use): later changes of the
 *   file cannot disturb or kill the reader. Tables are copied in the order in which rows name each
 *   other, so every row that a copied row names has been copied too, also from a live process.
 * - Memory that the caller keeps mapped (the monitor's own mapping) is read in place.
 */
#ifndef LH_LEDGER_READER_H
#define LH_LEDGER_READER_H

#include "libcheck/kinds.h"

#include <stdbool.h>
#include <stddef.h>

#define LH_ERROR_TEXT_MAX 320

/* Where bytes come from: a file (a descriptor, from `start` on) or memory. */
struct lh_byte_source {
	int fd; /* -1: memory */
	const unsigned char *at;
	uint64_t start, size;
};

/* One checked table: rows of `row` bytes. */
struct lh_table_view {
	const unsigned char *at; /* NULL: empty */
	uint32_t row;
	uint32_t used;  /* rows in use, row 0 included; of a live ledger see lh_read_used */
	uint32_t limit; /* rows that lie within the memory */
};

/*
 * Rows that the monitor adds to a live ledger, into which only the library writes (overlay.h).
 * Their numbers begin behind the ledger's own, so a row of either may name a row of either. A saved
 * file has both in one table.
 */
struct lh_overlay {
	struct {
		unsigned char *at;
		uint32_t row, base, rows;
		uint32_t used;    /* the first is number `base`; raised last; atomic */
		uint32_t refused; /* additions to a full table */
	} table[LH_TABLES];
};

/* The ledger of one process. */
struct lh_ledger_view {
	struct lh_ledger head; /* a copy; its strings are terminated */
	struct lh_table_view rows[LH_TABLES];
	const struct lh_ledger *live;     /* the ledger if it is read in place, or NULL */
	const struct lh_overlay *overlay; /* what the monitor adds; NULL: nothing */
	bool copied;                      /* the rows were allocated; lh_read_drop frees them */
	uint32_t missing_rows;            /* rows that the tables promise and the file lacks */
	char error[LH_ERROR_TEXT_MAX];    /* what is missing, "" if nothing */
};

/* All ledgers of one file, in file order. */
struct lh_ledger_file {
	struct lh_ledger_view *view;
	uint32_t n, capacity;
	uint32_t empty;                /* slots that are taken and not filled yet */
	uint32_t no_slot;              /* processes that found no slot */
	char error[LH_ERROR_TEXT_MAX]; /* "FILE: what is wrong or missing", "" if nothing */
	bool (*take)(void *user, const struct lh_ledger_view *); /* of lh_read_each, or NULL */
	void *user;
};

/*
 * Opens FILE (saved, live, or a run file), or "-" (standard input), or, if no file has this name,
 * the process with this id. False: nothing could be read, and `error` holds the reason in one line.
 * True: there is at least one ledger, and `error` may still name what is missing. Call
 * lh_read_close in either case.
 */
bool lh_read_open(struct lh_ledger_file *, const char *file);
/*
 * As lh_read_open, but hands each ledger to `take` and drops it before it reads the next, so that a
 * file of any size needs the memory of one ledger. No ledger is left in `view`. `take` returns
 * false to end the reading.
 */
bool lh_read_each(struct lh_ledger_file *, const char *file,
		  bool (*take)(void *user, const struct lh_ledger_view *), void *user);
void lh_read_close(struct lh_ledger_file *);

/*
 * All tables. The library fills a row before any row that names it. If the naming table is copied
 * first, all rows that it names are already there when the named table is copied.
 */
extern const enum lh_table_name lh_read_order[LH_TABLES - 1];

/* Copies the one ledger that begins at `offset` of these bytes. False: see `error`. */
bool lh_read_copy(struct lh_ledger_view *, const struct lh_byte_source *, uint64_t offset);
/* As lh_read_copy, but only some tables: bit t of `tables` stands for table t. */
bool lh_read_copy_some(struct lh_ledger_view *, const struct lh_byte_source *, uint64_t offset,
		       uint32_t tables);
void lh_read_drop(struct lh_ledger_view *);

/* Reads `n` bytes from `offset` on; returns how many there were. */
size_t lh_read_get(const struct lh_byte_source *, uint64_t offset, void *out, size_t n);

/* As lh_read_open, for the bytes of such a file. */
bool lh_read_bytes(struct lh_ledger_file *, const void *bytes, size_t size, const char *name);

/* Reads one ledger in place in memory; `base` must be a multiple of 8. False: see `error`. */
bool lh_read_view(struct lh_ledger_view *, const void *base, size_t size);

/* Copies the head of a ledger again that is read in place. */
void lh_read_refresh(struct lh_ledger_view *);

/* Rows in use now, row 0 included: rows 1 to used - 1 exist. Never more than the memory holds. */
uint32_t lh_read_used(const struct lh_ledger_view *, enum lh_table_name);

/* Copies of rows. False: there is no such row (0, out of range, of another generation). */
bool lh_read_live_thread(const struct lh_ledger_view *, uint32_t row, struct lh_live_thread *);
/* Entry k of the held list of this copy of a live-thread row, from 0, the oldest, on. */
bool lh_read_held(const struct lh_ledger_view *, const struct lh_live_thread *, uint32_t k,
		  struct lh_held *);
/* The newest entry with this lock. */
bool lh_read_hold(const struct lh_ledger_view *, const struct lh_live_thread *, lh_lock_id,
		  struct lh_held *);
/* held_n of a row in place or of a copy, limited to the entries that exist. lh_read_live_thread has
 * limited it. */
uint32_t lh_read_held_count(const struct lh_ledger_view *, const struct lh_live_thread *);
bool lh_read_thread(const struct lh_ledger_view *, lh_thread_id, struct lh_thread *);
bool lh_read_lock(const struct lh_ledger_view *, lh_lock_id, struct lh_lock *);
bool lh_read_lock_row(const struct lh_ledger_view *, uint32_t row,
		      struct lh_lock *); /* of any generation */
/* The lock's row of LH_T_LOCK_STATS. A lock without one gets what its own row holds. */
void lh_read_lock_stats(const struct lh_ledger_view *, const struct lh_lock *,
			struct lh_lock_stats *);
bool lh_read_stack(const struct lh_ledger_view *, lh_stack_id, struct lh_stack *);
bool lh_read_module(const struct lh_ledger_view *, uint32_t row, struct lh_module *);
bool lh_read_chain_row(const struct lh_ledger_view *, lh_chain_id, struct lh_chain *);
/*
 * The same, with the present lock of the row in the place of an earlier one. A destroyed lock and
 * the next one that is initialized at the same site can share a row, and the chains of the row.
 * Both are of one class, so for questions of classes, and there stale chains count too.
 */
bool lh_read_chain_of_row(const struct lh_ledger_view *r, lh_chain_id id, struct lh_chain *out);
bool lh_read_visit(const struct lh_ledger_view *, uint32_t row, struct lh_chain_visit *);
bool lh_read_hb_edge(const struct lh_ledger_view *, uint32_t row, struct lh_hb_edge *);
bool lh_read_finding(const struct lh_ledger_view *, uint32_t row, struct lh_finding *);
bool lh_read_step(const struct lh_ledger_view *, uint32_t row, struct lh_step *);
bool lh_read_note(const struct lh_ledger_view *, lh_note_id, struct lh_note *);
bool lh_read_wait_pair(const struct lh_ledger_view *, uint32_t row, struct lh_wait_pair *);
bool lh_read_span(const struct lh_ledger_view *, uint32_t row, struct lh_span *);
bool lh_read_steered(const struct lh_ledger_view *, uint32_t row, struct lh_steered *);
/*
 * Where a process-shared lock is in shared memory; `row` and the lock as lh_read_lock returned it.
 * False: unknown.
 */
bool lh_read_lock_location(const struct lh_ledger_view *, uint32_t row, const struct lh_lock *,
			   struct lh_lock_location *);
/*
 * In a ledger that the front end fills, a lock of another process has that process's number (1 to
 * 31) in its address, above the bits of a real address. So it equals no address of this process.
 */
enum { LH_READ_ADDRESS_BITS = 56 };
static inline uint64_t lh_read_address(uint64_t address)
{
	return address & ((1ull << LH_READ_ADDRESS_BITS) - 1);
}
bool lh_read_busy_wait(const struct lh_ledger_view *, uint32_t row, struct lh_busy_wait *);
/* The lock's contention row. False: the lock has none. */
bool lh_read_contention(const struct lh_ledger_view *, const struct lh_lock *, lh_lock_id,
			struct lh_contention *);

/* Reads the frames of a stack, innermost first, at most LH_FRAMES_MAX. Returns how many. */
uint32_t lh_read_frames(const struct lh_ledger_view *, lh_stack_id, uint64_t frame[LH_FRAMES_MAX]);

/*
 * Reads the chain of locks that ends in chain row `id`, that row last. Returns its length, or 0 if
 * it is longer than `max` or damaged.
 */
uint32_t lh_read_chain_path(const struct lh_ledger_view *, lh_chain_id, lh_chain_id *chain,
			    uint32_t max);

/*
 * The row of the module that was mapped at this address, 0 if none. A module that is still mapped
 * is preferred to one that is gone.
 */
uint32_t lh_read_module_at(const struct lh_ledger_view *, uint64_t address, struct lh_module *);

/* The ledger's name in a message: "ledger of 4711 (bank)". */
void lh_read_title(const struct lh_ledger_view *, char *out, size_t size);

/*
 * Writes a compact copy (rows in use only, flag LH_LEDGER_PACKED) to `fd`: the saved format. Its
 * length is a multiple of 8. Returns 0 or an errno. The caller writes to a temporary name first, so
 * that nobody finds a half-written file under the final name.
 */
int lh_read_pack(const struct lh_ledger_view *, int fd);

/* A hash of the bytes that lh_read_pack would write. */
uint64_t lh_read_hash(const struct lh_ledger_view *);

#endif
