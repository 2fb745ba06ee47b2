/* merge.h — what the files of hang share about other processes, with each other only. */
#ifndef LH_HANG_ACROSS_H
#define LH_HANG_ACROSS_H

#include "tools/wait_graph/hang.h"

enum { LH_HANG_PEERS = 31 };

/* Where a lock lies, as all processes can name it. */
struct lh_hang_spot {
	uint64_t dev, inode, offset;
	bool sysv; /* these count their inodes for themselves */
	bool known;
};

struct lh_hang_peers {
	struct lh_hang *side[LH_HANG_PEERS + 1]; /* the first is the one that was asked for */
	uint32_t *at[LH_HANG_PEERS + 1];         /* by thread: its number in the first one */
	bool lost[LH_HANG_PEERS + 1];            /* it ended, or could not be looked at again */
	uint32_t n;
};

/* processes.c: where locks lie, and the processes that have the same memory. */
struct lh_hang_spot lh_hang_spot_at(const struct lh_hang *, uint64_t address); /* by its mappings */
/* The same; `id`: of the library's ledger, for what may not be read. */
struct lh_hang_spot lh_hang_spot_of(const struct lh_hang *, uint64_t address, lh_lock_id id);
struct lh_hang_spot lh_hang_spot_of_map(const struct lh_peek_map *); /* of its first byte */
struct lh_hang_spot lh_hang_wanted(const struct lh_hang *, const struct lh_hang_thread *);
bool lh_hang_same_memory(const struct lh_hang_spot *, const struct lh_hang_spot *);
bool lh_hang_same_spot(struct lh_hang_spot, struct lh_hang_spot);
/* A wait that other processes can have to do with. */
bool lh_hang_is_open(const struct lh_hang_thread *);
void lh_hang_gather(struct lh_hang_peers *);
/* All of them once more: all locks first, and after that who has moved. False: ours ended. */
bool lh_hang_look_together(struct lh_hang_peers *);

/* foreign_ledger.c: threads of another process, with all that they wait for and hold, as ours. */
void lh_hang_add_side(struct lh_hang *, uint32_t side);

#endif
