/* merge.h — what the files of hang share about other processes, with each other only. */
#ifndef LH_WAIT_GRAPH_MERGE_H
#define LH_WAIT_GRAPH_MERGE_H

#include "tools/wait_graph/hang.h"

enum { LH_HANG_PROCESSES_MAX = 31 };

/* Where a lock lies, as all processes can name it. */
struct lh_shm_key {
	uint64_t dev, inode, offset;
	bool sysv; /* these count their inodes for themselves */
	bool known;
};

struct lh_hang_processes {
	struct lh_hang
		*process[LH_HANG_PROCESSES_MAX + 1]; /* the first is the one that was asked for */
	uint32_t *at[LH_HANG_PROCESSES_MAX + 1];     /* by thread: its number in the first one */
	bool ended[LH_HANG_PROCESSES_MAX + 1];       /* it ended, or could not be looked at again */
	uint32_t n;
};

/* shm_key.c */
bool lh_shm_is_sysv(const char *path);
struct lh_shm_key lh_shm_key_at(const struct lh_hang *, uint64_t address); /* by its mappings */
/* The same; `id`: of the library's ledger, for what may not be read. */
struct lh_shm_key lh_shm_key_of_lock(const struct lh_hang *, uint64_t address, lh_lock_id id);
struct lh_shm_key lh_shm_key_of_map(const struct lh_peek_map *); /* of its first byte */
struct lh_shm_key lh_hang_wanted_key(const struct lh_hang *, const struct lh_hang_thread *);
bool lh_shm_key_same_object(const struct lh_shm_key *, const struct lh_shm_key *);
bool lh_shm_key_equal(struct lh_shm_key, struct lh_shm_key);
/* A wait that other processes can have to do with. */
bool lh_hang_owner_unknown(const struct lh_hang_thread *);

/* processes.c: the processes that map the same memory. */
void lh_hang_find_processes(struct lh_hang_processes *);
/* All of them once more: all locks first, and after that who has moved. False: ours ended. */
bool lh_hang_inspect_all(struct lh_hang_processes *);

/* foreign_ledger.c: threads of another process, with all that they wait for and hold, as ours. */
void lh_hang_merge_process(struct lh_hang *, uint32_t side);

#endif
