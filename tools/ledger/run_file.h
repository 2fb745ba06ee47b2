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
#ifndef LH_BOARD_H
#define LH_BOARD_H

#include "libcheck/ledger.h"

#include <stdbool.h>
#include <stddef.h>

struct lh_runfile {
	int fd;
	struct lh_board *board;
	uint32_t slots; /* our own copy: the one on the board is in the program's reach */
	bool elastic;   /* memory comes by itself, so what lies ahead is a matter of speed only */
};

/* False: `why` says in one line what is in the way. */
bool lh_board_make(struct lh_runfile *r, char *why, size_t room);
void lh_board_drop(struct lh_runfile *r);

uint32_t lh_board_taken(const struct lh_runfile *r); /* slots, never more than there are */
/* Moves the tick. Any thread may; what came late is written down. */
void lh_board_tick(struct lh_board *, uint64_t ns); /* since its start_ns */
void lh_board_tick_now(struct lh_board *);

/* The head of a slot as it is; false: its process has not said that it is there. */
bool lh_board_head(const struct lh_runfile *r, uint32_t slot, struct lh_ledger *head);
/* The ledger of a slot, mapped; NULL: it cannot be. */
struct lh_ledger *lh_board_map(const struct lh_runfile *r, uint32_t slot, size_t *size);
/* Sees to it that each table's memory is there before it is needed. */
void lh_board_ahead(const struct lh_runfile *r, uint32_t slot, struct lh_ledger *l, size_t size);
void lh_board_punch(const struct lh_runfile *r, uint32_t slot); /* gives its memory back */
uint64_t lh_board_bytes(const struct lh_runfile *r);            /* memory in use by all slots */

#endif
