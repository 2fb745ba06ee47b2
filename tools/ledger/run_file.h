/*
 * run_file.h — the run file: a board page, then one slot for each process's ledger.
 *
 * Makes it, looks at slots, allocates their memory ahead of need, takes it back.
 * Does not know processes, and believes nothing that stands in a slot.
 *
 * - The file is a memfd, sealed against any change of its size: whatever the program
 *   does to it, neither side can get a SIGBUS for a page beyond the end.
 * - It is sparse: a slot costs what was written into it.
 * - Only the ticker writes board->tick; the library reads it at each acquisition.
 */
#ifndef LH_LEDGER_RUN_FILE_H
#define LH_LEDGER_RUN_FILE_H

#include "libcheck/ledger.h"

#include <stdbool.h>
#include <stddef.h>

struct lh_run_file {
	int fd;
	struct lh_run_header *header;
	uint32_t slots; /* our own copy: the one on the board is in the program's reach */
	bool sparse;    /* memory comes by itself, so what lies ahead is a matter of speed only */
};

/* False: `why` says in one line what is in the way. */
bool lh_run_file_create(struct lh_run_file *r, char *why, size_t capacity);
void lh_run_file_close(struct lh_run_file *r);

uint32_t lh_run_file_slots(const struct lh_run_file *r); /* slots, never more than there are */
/* Moves the tick. Any thread may; what came late is written down. */
void lh_run_clock_set(struct lh_run_header *, uint64_t ns); /* since its start_ns */
void lh_run_clock_update(struct lh_run_header *);

/* The head of a slot as it is; false: its process has not said that it is there. */
bool lh_run_file_head(const struct lh_run_file *r, uint32_t slot, struct lh_ledger *head);
/* The ledger of a slot, mapped; NULL: it cannot be. */
struct lh_ledger *lh_run_file_map(const struct lh_run_file *r, uint32_t slot, size_t *size);
/* Sees to it that each table's memory is there before it is needed. */
void lh_run_file_preallocate(const struct lh_run_file *r, uint32_t slot, struct lh_ledger *l,
			     size_t size);
void lh_run_file_release(const struct lh_run_file *r, uint32_t slot); /* gives its memory back */
uint64_t lh_run_file_bytes(const struct lh_run_file *r); /* memory in use by all slots */

#endif
