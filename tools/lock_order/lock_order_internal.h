/*
 * lock_order_internal.h — what the files of the room `whole` share. Nobody else includes it.
 *
 *   cross_process.c        who is judged together, what the judge answers, telling it
 *   shared_locks.c   which process-shared locks are one
 *   order_rows.c   the rows of several ledgers as one
 *   process_order.c  what of one process came before what of another
 */
#ifndef LH_LOCK_ORDER_LOCK_ORDER_INTERNAL_H
#define LH_LOCK_ORDER_LOCK_ORDER_INTERNAL_H

#include "libcheck/order_graph/order_graph.h"
#include "tools/util/arena.h"
#include "tools/lock_order/cross_process.h"

/* A process and its rows among those of all. */
struct lh_merged_process {
	struct lh_report_process *process;
	uint64_t boot;                  /* seconds since 1970, about */
	uint64_t born, lived;           /* monotonic nanoseconds: from, and until then for sure */
	struct lh_merged_process *from; /* it was forked from this one */
	struct lh_merged_process
		*by;        /* or started by it otherwise, or it was this one before an exec */
	bool shares;        /* it uses a lock that another process uses */
	bool taken;         /* its rows are among those of all */
	lh_thread_id base;  /* its threads are base + 1 and on */
	uint32_t threads;   /* rows, row 0 included */
	lh_thread_id end;   /* no thread: stands for the end of the process */
	lh_lock_id *lock;   /* by row of its record: row of all; 0 none yet */
	lh_chain_id *chain; /* by row of its record; 0: not taken over */
	uint32_t locks, chains;
};

/* A lock of all: the process that made it if that is known. */
struct lh_merged_lock {
	const struct lh_merged_process *process;
	lh_lock_id id; /* in the member's record */
	uint32_t users;
};

/* Where a seen row comes from. */
struct lh_merged_visit {
	const struct lh_merged_process *process;
	lh_chain_id chain; /* in the member's record */
};

struct lh_merged_run {
	struct lh_report *report;
	struct lh_arena *arena;
	struct lh_merged_process *process;
	uint32_t processes;
	bool alone; /* one process, by itself */

	struct lh_shm_entry *shm_entries; /* shared memory: which lock lies there */
	/* Locks are one by another rule than their location: the number of the lock from 1 on, 0
	 * none. NULL: by location. */
	uint32_t (*same)(void *with, const struct lh_merged_process *, lh_lock_id);
	void *same_with;
	lh_lock_id *same_lock;       /* by that number: its row here */
	struct lh_stack_key *stacks; /* by what the frames say: their number */
	struct lh_chain_key *keys;
	uint32_t stack_count;

	struct lh_lock *lock;
	struct lh_merged_lock *lock_of;
	struct lh_thread *thread;
	struct lh_chain *chain;
	struct lh_chain_visit *visit;
	struct lh_merged_visit *visit_of;
	struct lh_hb_edge *hb_edge;
	uint32_t locks, lock_ofs, threads, chains, visits, visit_ofs, hb_edges;
	uint32_t certain_hb_edges; /* those behind them are orders that may be chance */
	uint32_t witnesses;
};

/* ---- order_query.c ---- */

/* The cycles that the order graph found, each once, in the order of lh_cycle_compare. */
struct lh_answers {
	struct lh_arena *arena;
	bool (*wanted)(void *with, const struct lh_cycle *); /* false: the cycle is not kept */
	void *with;
	struct lh_cycle *cycle;
	uint32_t n;
};
struct lh_cycle *lh_answer_find(const struct lh_answers *, uint64_t key);
/* `witnesses`: the locks held at all chains, added up. Returns how many searches were cut;
 * UINT32_MAX: no memory. */
uint32_t lh_order_query(const struct lh_order_input *, uint32_t witnesses, bool filtered,
			struct lh_answers *);

/* ---- shared_locks.c ---- */

/* Finds the locks that several members use; sets `shares`. Which lock of all a lock is: 0 none. */
void lh_merged_find_shared(struct lh_merged_run *);
void lh_merged_forget_shared(struct lh_merged_run *);
lh_lock_id lh_merged_lock_get(struct lh_merged_run *, struct lh_merged_process *, lh_lock_id);

/* ---- order_rows.c ---- */

void lh_merged_begin_rows(struct lh_merged_run *);
void lh_merged_take(struct lh_merged_run *, struct lh_merged_process *);
void lh_merged_end_rows(struct lh_merged_run *);
struct lh_order_input lh_merged_input(const struct lh_merged_run *, uint32_t hb_edges);
/* The node of this lock above that chain, made if it is new. */
lh_chain_id lh_merged_node(struct lh_merged_run *, lh_chain_id parent, lh_lock_id, lh_site);
const struct lh_merged_process *lh_merged_process_of(const struct lh_merged_run *, lh_thread_id);
/* Of this thread at this node. NULL: it was not seen there. */
const struct lh_merged_visit *lh_merged_visit_of(const struct lh_merged_run *, lh_chain_id,
						 lh_thread_id);

/* ---- process_order.c ---- */

void lh_merged_find_times(struct lh_merged_run *); /* when each lived */
void lh_merged_find_parents(
	struct lh_merged_run *); /* who comes from whom; of so many, the square */
void lh_merged_add_order(struct lh_merged_run *);

#endif
