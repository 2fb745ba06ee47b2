/* merge.h — what the files of hang.h share about other processes; no other file includes it. */
#ifndef LH_WAIT_GRAPH_MERGE_H
#define LH_WAIT_GRAPH_MERGE_H

#include "tools/wait_graph/hang.h"

enum { LH_HANG_PROCESSES_MAX = 31 };

/* The location of a process-shared lock, the same in all processes. */
struct lh_shm_key {
	uint64_t dev, inode, offset;
	bool sysv; /* System V shared memory, which has inode numbers of its own */
	bool known;
};

struct lh_hang_processes {
	struct lh_hang *process[LH_HANG_PROCESSES_MAX + 1]; /* the first is the inspected process */
	uint32_t *at[LH_HANG_PROCESSES_MAX + 1]; /* by thread: its index in the first one */
	bool ended[LH_HANG_PROCESSES_MAX + 1];   /* it ended, or could not be inspected again */
	uint32_t n;
};

/* shm_key.c */
struct lh_shm_key lh_shm_key_at(const struct lh_hang *, uint64_t address); /* from the mappings */
/* The same; where the mappings may not be read, from the ledger, by its lock `id`. */
struct lh_shm_key lh_shm_key_of_lock(const struct lh_hang *, uint64_t address, lh_lock_id id);
struct lh_shm_key lh_shm_key_of_map(const struct lh_peek_map *); /* the key of its first byte */
struct lh_shm_key lh_hang_wanted_key(const struct lh_hang *, const struct lh_hang_thread *);
bool lh_shm_key_same_object(struct lh_shm_key, struct lh_shm_key);
bool lh_shm_key_equal(struct lh_shm_key, struct lh_shm_key);
/* True if the wait may be for a thread of another process. */
bool lh_hang_owner_unknown(const struct lh_hang_thread *);

/* processes.c: opens the processes that map the same memory. */
void lh_hang_find_processes(struct lh_hang_processes *);
/* Inspects all again: first all locks, then which threads have moved. False: the first ended. */
bool lh_hang_inspect_all(struct lh_hang_processes *);

/* foreign_ledger.c: adds the threads of another process that wait or hold, with their waits and
 * held locks. */
void lh_hang_merge_process(struct lh_hang *, uint32_t process);

#endif
