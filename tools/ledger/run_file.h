/*
 * run_file.h — the run file: one page with the run header, then one slot for each process's ledger.
 *
 * Creates the file, reads its slots, preallocates their memory and releases it. Does not know
 * processes, and trusts no number in a slot.
 *
 * - The file is a memfd, sealed against any change of its size: whatever the program does to it,
 *   neither side can get a SIGBUS for a page beyond the end.
 * - It is sparse: a slot costs only the pages that were written.
 * - Only lh_run_clock_set writes the header's tick; the library reads it at each acquisition.
 */
#ifndef LH_LEDGER_RUN_FILE_H
#define LH_LEDGER_RUN_FILE_H

#include "libcheck/ledger.h"

#include <stdbool.h>
#include <stddef.h>

struct lh_run_file {
	int fd;
	struct lh_run_header *header;
	uint32_t slots; /* our own copy: the program can overwrite the header's */
	bool sparse;    /* pages are allocated on first write, so preallocation only saves time */
};

/* False: `error` holds the reason in one line. */
bool lh_run_file_create(struct lh_run_file *file, char *error, size_t capacity);
void lh_run_file_close(struct lh_run_file *file);

uint32_t
lh_run_file_slots(const struct lh_run_file *file); /* slots in use, never more than exist */
/* Advances the tick. Any thread may call these; late ticks are recorded. */
void lh_run_clock_set(struct lh_run_header *, uint64_t ns); /* ns since start_ns */
void lh_run_clock_update(struct lh_run_header *);

/* Reads the head of a slot. False: its process has not announced its ledger yet. */
bool lh_run_file_head(const struct lh_run_file *file, uint32_t slot, struct lh_ledger *head);
/* Maps the ledger of a slot. NULL: not possible. */
struct lh_ledger *lh_run_file_map(const struct lh_run_file *file, uint32_t slot, size_t *size);
/* Preallocates memory in each table for the next rows. */
void lh_run_file_preallocate(const struct lh_run_file *file, uint32_t slot, struct lh_ledger *l,
			     size_t size);
void lh_run_file_release(const struct lh_run_file *file,
			 uint32_t slot);                    /* frees the slot's memory */
uint64_t lh_run_file_bytes(const struct lh_run_file *file); /* memory in use by all slots */

#endif
